/** Runs a transactional test of Sui on the devnet, task by task. */
import { bcs } from '@mysten/sui/bcs';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { compilePackage } from '#devnet/compiler/compile.ts';
import { type ArgumentData, bytes, type CommandData, type InputData, owned, receiving, shared } from '#devnet/ledger/argument-rules.fixture.ts';
import { coinTypeOf, isSui } from '#devnet/ledger/encoding.ts';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import { objectDigest } from '#devnet/ledger/objects.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import { type Devnet, startDevnet } from '#devnet/start-devnet.ts';
import { type Task, tokens } from './scenario.ts';

/** What this runner does not know; the task and those that need it are not compared. */
export class Unsupported extends Error {}

const KNOWN_OPTIONS = new Set(['addresses', 'accounts', 'sender', 'inputs', 'args', 'type-args', 'shared-object-deletion', 'gas-budget']);
const DEFAULT = 'default account';

export class Replay {
	readonly #devnet: Devnet;
	readonly #addresses = new Map<string, string>([
		['std', '0x1'],
		['sui', '0x2'],
	]);
	readonly #accounts = new Map<string, Ed25519Keypair>();
	/** `task,number` → id. */
	readonly #objects = new Map<string, string>();

	/** Objects of one type that one task made: their numbers follow their ids, which are others here. */
	readonly #tied = new Set<string>();
	/** The last task named one of those. */
	ambiguous = false;

	private constructor(devnet: Devnet) {
		this.#devnet = devnet;
	}

	static async start(): Promise<Replay> {
		return new Replay(await startDevnet({ randomSeed: 'transactional' }));
	}

	stop(): Promise<void> {
		return this.#devnet.stop();
	}

	/** `ok`, a failure as `readOutcomes` writes it, or undefined for tasks that only look. */
	async run(task: Task): Promise<string | undefined> {
		for (const option of Object.keys(task.options)) if (!KNOWN_OPTIONS.has(option)) throw new Unsupported(`option ${option}`);
		this.ambiguous = false;
		switch (task.name) {
			case 'init':
				await this.#init(task);
				return undefined;
			case 'publish':
				return this.#publish(task);
			case 'programmable':
				return this.#execute(
					task,
					await this.#inputs(task.options.inputs ?? []),
					tokens(task.body, ';').map((line) => this.#command(line)),
				);
			case 'run': {
				const inputs = await this.#inputs(task.options.args ?? []);
				const [target = ''] = task.words;
				const call = this.#call(
					target,
					this.#types((task.options['type-args'] ?? []).join(' ')),
					inputs.map((_, index) => ({ Input: index })),
				);
				return this.#execute(task, inputs, [call]);
			}
			case 'view-object':
				return undefined;
			default:
				throw new Unsupported(`task ${task.name}`);
		}
	}

	async #init({ options }: Task): Promise<void> {
		for (const assignment of options.addresses ?? []) this.#addresses.set(assignment.split('=')[0] ?? '', '0x0');
		for (const name of [...(options.accounts ?? []), DEFAULT]) {
			const account = new Ed25519Keypair();
			this.#accounts.set(name, account);
			this.#addresses.set(name, account.toSuiAddress());
			await requestSuiFromFaucetV2({ host: this.#devnet.faucetUrl, recipient: account.toSuiAddress() });
			await requestSuiFromFaucetV2({ host: this.#devnet.faucetUrl, recipient: account.toSuiAddress() });
			const coin = this.#devnet.ledger.store.ownedBy(account.toSuiAddress())[0];
			this.#objects.set(`0,${this.#accounts.size - 1}`, coin?.id ?? '');
		}
	}

	async #publish(task: Task): Promise<string> {
		const own = /module\s+(\w+)::/.exec(task.body)?.[1];
		if (own === undefined) throw new Unsupported('a module without a named address');
		const addresses = [...this.#addresses].flatMap(([name, at]) => (at === '0x0' ? [`${name} = "0x0"`] : []));
		const manifest = `[package]\nname = "${own}"\nedition = "2024"\n\n[addresses]\n${addresses.join('\n')}\n`;
		const compiled = await compilePackage({ files: { 'Move.toml': manifest, 'sources/all.move': task.body } }).catch((error: Error) => {
			throw new Unsupported(`does not compile here: ${error.message.slice(0, 200)}`);
		});
		const modules = [...compiled.modules.values()].map((module) => Buffer.from(module).toString('base64'));
		const recipient = bytes(bcs.Address.serialize(this.#sender(task).toSuiAddress()).toBytes());
		const commands: CommandData[] = [
			{ Publish: { modules, dependencies: [...compiled.dependencies] } },
			{ TransferObjects: { objects: [{ Result: 0 }], address: { Input: 0 } } },
		];
		return this.#execute(task, [recipient], commands, own);
	}

	#sender({ options }: Task): Ed25519Keypair {
		const account = this.#accounts.get(options.sender?.[0] ?? DEFAULT);
		if (account === undefined) throw new Unsupported(`account ${options.sender}`);
		return account;
	}

	// ---- transactions ----------------------------------------------------------------------------------------------

	async #execute(task: Task, inputs: readonly InputData[], commands: readonly CommandData[], publishes?: string): Promise<string> {
		const { ledger } = this.#devnet;
		const account = this.#sender(task);
		const sender = account.toSuiAddress();
		const text = JSON.stringify(inputs, (_, value) => (typeof value === 'bigint' ? String(value) : value));
		const first = [...this.#accounts.values()].indexOf(account);
		const named = ledger.store.move(this.#objects.get(`0,${first}`) ?? '');
		const coins = ledger.store.ownedBy(sender).filter((object) => {
			const coin = coinTypeOf(object.type);
			return coin !== undefined && isSui(coin) && !text.includes(object.id);
		});
		const gas = coins.find(({ id }) => id === named?.id) ?? coins[0];
		if (gas === undefined) throw new Unsupported('the sender has no gas');
		const data = bcs.TransactionData.serialize({
			V1: {
				kind: { ProgrammableTransaction: { inputs: [...inputs], commands: [...commands] } },
				sender,
				gasData: { payment: [{ objectId: gas.id, version: gas.version, digest: objectDigest(gas) }], owner: sender, price: 1000, budget: 5_000_000_000 },
				expiration: { None: true },
			},
		}).toBytes();
		let record: TransactionRecord;
		try {
			record = await ledger.execute(data, [(await account.signTransaction(data)).signature]);
		} catch (error) {
			if (error instanceof RejectedTransaction) return 'rejected';
			throw error;
		}
		const { failure } = record.effects.outcome;
		if (publishes !== undefined && failure === undefined) {
			const id = record.effects.changed.find(({ output }) => output?.isPackage === true)?.id ?? '';
			for (const [name, at] of this.#addresses) if (at === '0x0' && name === publishes) this.#addresses.set(name, id);
		}
		const known = new Set(this.#objects.values());
		const fresh = record.effects.changed.filter(({ id, output }) => output !== undefined && !known.has(id));
		const keyed = fresh.map(({ id, type, output }) => ({ id, key: output?.isPackage === true ? this.#moduleNames(id) : this.#named(type) }));
		// The capability of a publication is not counted: the runner of these tests destroys it.
		const counted = publishes === undefined ? keyed : keyed.filter(({ key }) => !key.endsWith('::package::UpgradeCap'));
		counted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
		for (const [number, { id, key }] of counted.entries()) {
			this.#objects.set(`${task.index},${number}`, id);
			if (counted.some((other) => other.id !== id && other.key === key)) this.#tied.add(id);
		}
		if (failure === undefined) return 'ok';
		const { status } = failure.failure;
		const place = failure.command === undefined ? '' : ` in ${failure.command}`;
		if (status.$kind === 'CommandArgumentError') return `${status.error.$kind} at ${status.argument}${place}`;
		return status.$kind === 'MoveAbort' ? 'MoveAbort' : `${status.$kind}${place}`;
	}

	#moduleNames(id: string): string {
		return this.#devnet.ledger.vm.moduleNames(id).join(',');
	}

	/** A type with the names of addresses. */
	#named(type: string): string {
		let text = type.replaceAll(`0x${'0'.repeat(63)}`, '0x');
		for (const [name, at] of this.#addresses) text = text.replaceAll(`${at}::`, `${name}::`);
		return text;
	}

	// ---- inputs and commands -----------------------------------------------------------------------------------------

	async #inputs(words: readonly string[]): Promise<InputData[]> {
		return words.map((word): InputData => {
			const object = /^(object|receiving|immshared)\((\d+),\s*(\d+)\)$/.exec(word);
			if (object === null) return bytes(this.#value(word).bytes);
			const id = this.#objects.get(`${object[2]},${object[3]}`);
			const found = id === undefined ? undefined : this.#devnet.ledger.object(id);
			if (found?.kind !== 'move') throw new Unsupported(`${word} is not known`);
			if (this.#tied.has(found.id)) this.ambiguous = true;
			const { ledger } = this.#devnet;
			if (object[1] === 'receiving') return receiving(ledger, found.id);
			return found.owner.kind === 'shared' ? shared(ledger, found.id, object[1] !== 'immshared') : owned(ledger, found.id);
		});
	}

	#value(word: string): { readonly bytes: Uint8Array } {
		const number = /^(\d+)(u8|u16|u32|u64|u128|u256)?$/.exec(word);
		if (number !== null) {
			const type = (number[2] ?? 'u64') as 'u64';
			return {
				bytes: bcs[type]()
					.serialize(number[1] ?? '0')
					.toBytes(),
			};
		}
		if (word === 'true' || word === 'false')
			return {
				bytes: bcs
					.bool()
					.serialize(word === 'true')
					.toBytes(),
			};
		if (word.startsWith('@')) return { bytes: bcs.Address.serialize(this.#address(word.slice(1))).toBytes() };
		const text = /^b?"(.*)"$/s.exec(word);
		if (text !== null)
			return {
				bytes: bcs
					.string()
					.serialize(text[1] ?? '')
					.toBytes(),
			};
		const vector = /^vector\[(.*)\]$/s.exec(word);
		if (vector !== null) {
			const items = tokens(vector[1] ?? '', ',');
			if (items.some((item) => item.startsWith('object('))) throw new Unsupported('a vector of objects');
			return { bytes: Buffer.concat([Uint8Array.of(items.length), ...items.map((item) => this.#value(item).bytes)]) };
		}
		throw new Unsupported(`input ${word.slice(0, 60)}`);
	}

	#address(text: string): string {
		const found = this.#addresses.get(text) ?? text;
		if (!/^(0x[0-9a-fA-F]+|\d+)$/.test(found)) throw new Unsupported(`address ${text}`);
		return found.startsWith('0x') ? found : `0x${BigInt(found).toString(16)}`;
	}

	#types(text: string): string[] {
		return tokens(text, ',')
			.flatMap((part) => tokens(part))
			.map((type) =>
				type.replace(/\b([A-Za-z_]\w*)::(?=\w+::)/g, (whole, name: string) => (this.#addresses.has(name) ? `${this.#addresses.get(name)}::` : whole)),
			);
	}

	#call(target: string, typeArguments: string[], given: ArgumentData[]): CommandData {
		const [address = '', module = '', name = ''] = target.split('::');
		return { MoveCall: { package: this.#address(address), module, function: name, typeArguments, arguments: given } };
	}

	#argument(text: string): ArgumentData {
		if (text === 'Gas') return { GasCoin: true };
		const numbers = [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));
		const [first = 0, second = 0] = numbers;
		if (text.startsWith('Input(')) return { Input: first };
		if (text.startsWith('Result(')) return { Result: first };
		if (text.startsWith('NestedResult(')) return { NestedResult: [first, second] };
		throw new Unsupported(`argument ${text}`);
	}

	#arguments(text: string): ArgumentData[] {
		return tokens(text.trim().replace(/^\[|\]$/g, ''), ',').map((argument) => this.#argument(argument));
	}

	#command(line: string): CommandData {
		const text = line.trim().replace(/^\d+:\s*/, '');
		const parts = /^([\w:]+)\s*(?:<(.*)>)?\s*\((.*)\)$/s.exec(text);
		if (parts === null) throw new Unsupported(`command ${text}`);
		const [, name = '', types = '', inside = ''] = parts;
		const given = tokens(inside, ',');
		switch (name) {
			case 'TransferObjects':
				return { TransferObjects: { objects: this.#arguments(given[0] ?? ''), address: this.#argument(given[1] ?? '') } };
			case 'SplitCoins':
				return { SplitCoins: { coin: this.#argument(given[0] ?? ''), amounts: this.#arguments(given[1] ?? '') } };
			case 'MergeCoins':
				return { MergeCoins: { destination: this.#argument(given[0] ?? ''), sources: this.#arguments(given[1] ?? '') } };
			case 'MakeMoveVec':
				return { MakeMoveVec: { type: this.#types(types)[0] ?? null, elements: this.#arguments(given[0] ?? '') } };
			default:
				return this.#call(name, this.#types(types), this.#arguments(inside));
		}
	}
}
