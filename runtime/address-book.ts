import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { VramhubError } from '#core/errors.ts';
import { writeFileAtomic } from '#runtime/files.ts';

/**
 * Where everything of one local network is: written by the supervisor when a part is ready, read by the others. No secrets.
 * Lives at `<data>/address-book.json`.
 */
const SuiId = z.string().regex(/^0x[0-9a-f]{64}$/);
const Port = z.url();

const KeyServerEntry = z.object({
	objectId: SuiId,
	url: Port,
	/** Hexadecimal: the BLS12-381 key that whoever founded the network made for it. */
	publicKey: z
		.string()
		.regex(/^[0-9a-f]{192}$/)
		.optional(),
});

export const AddressBookSchema = z.object({
	format: z.literal(1),
	chain: z.object({ rpcUrl: Port, faucetUrl: Port, chainId: z.string() }),
	packageId: SuiId,
	/** Shared objects of the network, as `network_setup::create_network` made them. */
	objects: z.object({
		network: SuiId,
		hparams: SuiId,
		vault: SuiId,
		peerRegistry: SuiId,
		validatorRegistry: SuiId,
		enclaveRegistry: SuiId,
		gradientRegistry: SuiId,
		roundState: SuiId,
		scoreLedger: SuiId,
		consensus: SuiId,
		rewardPool: SuiId,
	}),
	seal: z.object({ threshold: z.int().min(1), keyServers: z.array(KeyServerEntry) }),
	objectStore: z.object({ endpoint: Port, auditBucket: z.string() }),
	temporal: z.object({ address: z.string(), namespace: z.string(), uiUrl: Port }),
	validators: z.array(z.object({ uid: z.int(), generation: z.int(), owner: SuiId, enclaveUrl: Port })),
	/** Files that an enclave and a miner need, by path relative to the data folder. */
	model: z.object({ manifest: z.string(), graph: z.string(), trainingGraph: z.string(), genesisCheckpoint: z.string(), corpus: z.string() }),
});

export type AddressBook = z.infer<typeof AddressBookSchema>;
export type NetworkObjects = AddressBook['objects'];

/** Throws BAD_CONFIGURATION when there is none, or it is not one. */
export async function readAddressBook(file: string): Promise<AddressBook> {
	let value: unknown;
	try {
		value = JSON.parse(await readFile(file, 'utf8'));
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === 'ENOENT') throw new VramhubError('BAD_CONFIGURATION', `${file} does not exist: name the data folder of a network that was started`);
		throw new VramhubError('BAD_CONFIGURATION', `${file} cannot be read as JSON (${code ?? 'syntax'})`);
	}
	const parsed = AddressBookSchema.safeParse(value);
	if (!parsed.success) throw new VramhubError('BAD_CONFIGURATION', `${file} is not an address book: ${z.prettifyError(parsed.error)}`);
	return parsed.data;
}

export async function writeAddressBook(file: string, book: AddressBook): Promise<void> {
	await writeFileAtomic(file, `${JSON.stringify(AddressBookSchema.parse(book), null, '\t')}\n`);
}
