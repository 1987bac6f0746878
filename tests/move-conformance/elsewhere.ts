/**
 * Cells that no Move test in the official unit-test machine can fill, each with what shows it instead: a test of this repository,
 * against an oracle that is named there, or the reason why no code gets there. A cell that is filled after all must leave the list.
 */
export type Elsewhere =
	| { readonly test: string; readonly in: string }
	/** Nothing that a package can do leads there. */
	| { readonly unreachable: string };

/** The official machine takes any bytes for a valid element of a group and refuses to divide, so it is no oracle for these. */
const GROUPS = 'devnet/move/natives/group.test.ts';
const arithmeticOfGroups: Elsewhere = { test: 'groups add, subtract, multiply and divide', in: GROUPS };
const hashingToGroups: Elsewhere = { test: 'hashing to the curve gives valid points and refuses nothing', in: GROUPS };
const pairing: Elsewhere = { test: 'pairings are bilinear', in: GROUPS };
const uncompressed: Elsewhere = { test: 'G1 goes to its uncompressed form and back, and sums there', in: GROUPS };
const refusedElements: Elsewhere = { test: 'every operation aborts with the code of Sui on what it does not take', in: GROUPS };
const blsSignatures: Elsewhere = { test: 'BLS signatures of both kinds verify, and nothing malformed does', in: GROUPS };

/** There every document is refused. */
const attestation: Elsewhere = { test: 'a Nitro document that the environment verified reaches Move with its fields', in: 'devnet/move/vm.test.ts' };
const badDocuments: Elsewhere = { test: 'a malformed document is told from one that is not valid', in: 'devnet/nitro/verify.test.ts' };

const oldObject: Elsewhere = { test: 'an old object cannot be shared', in: 'devnet/move/vm.test.ts' };
const received: Elsewhere = { test: 'sent to an object are received by it', in: 'devnet/ledger/rules.test.ts' };

const system: Elsewhere = { unreachable: 'only the system calls what aborts so' };
const guarded: Elsewhere = { unreachable: 'the only caller checks first' };
const checkedOnInput: Elsewhere = { unreachable: 'the ledger checks what a transaction receives before Move runs' };
const switchedOff: Elsewhere = { unreachable: 'only where the protocol has switched the feature off' };

/** `<table>: <row> / <column>` → what covers it. */
export const ELSEWHERE: ReadonlyMap<string, Elsewhere> = new Map<string, Elsewhere>([
	['natives: string::internal_sub_string / aborts 1', guarded],
	['natives: tx_context::derive_id / returns', { unreachable: 'nothing in the framework calls it' }],

	['natives: transfer::share_object_impl / aborts 0', oldObject],
	['aborts: sui::transfer / ESharedNonNewObject', oldObject],
	['natives: transfer::receive_impl / returns', received],
	['natives: transfer::receive_impl / aborts 2', checkedOnInput],
	['natives: transfer::receive_impl / aborts 3', checkedOnInput],

	['natives: nitro_attestation::load_nitro_attestation_internal / returns', attestation],
	['natives: nitro_attestation::load_nitro_attestation_internal / aborts 1', badDocuments],
	['natives: nitro_attestation::load_nitro_attestation_internal / aborts 2', badDocuments],
	['natives: nitro_attestation::load_nitro_attestation_internal / aborts 3', guarded],
	['aborts: sui::nitro_attestation / ENotSupportedError', switchedOff],
	['aborts: sui::nitro_attestation / EParseError', badDocuments],
	['aborts: sui::nitro_attestation / EVerifyError', badDocuments],
	['aborts: sui::nitro_attestation / EInvalidPCRsError', guarded],

	...['add', 'sub', 'mul', 'div'].flatMap((operation): [string, Elsewhere][] => [
		[`natives: group_ops::internal_${operation} / returns`, arithmeticOfGroups],
		[`natives: group_ops::internal_${operation} / aborts 1`, refusedElements],
	]),
	['natives: group_ops::internal_hash_to / returns', hashingToGroups],
	['natives: group_ops::internal_hash_to / aborts 1', refusedElements],
	['natives: group_ops::internal_multi_scalar_mul / returns', arithmeticOfGroups],
	['natives: group_ops::internal_multi_scalar_mul / aborts 1', refusedElements],
	['natives: group_ops::internal_multi_scalar_mul / aborts 2', refusedElements],
	['natives: group_ops::internal_pairing / returns', pairing],
	['natives: group_ops::internal_pairing / aborts 1', refusedElements],
	['natives: group_ops::internal_convert / returns', uncompressed],
	['natives: group_ops::internal_convert / aborts 1', refusedElements],
	['natives: group_ops::internal_sum / returns', uncompressed],
	['natives: group_ops::internal_sum / aborts 1', refusedElements],
	['natives: group_ops::internal_sum / aborts 2', refusedElements],
	['natives: bls12381::bls12381_min_sig_verify / returns', blsSignatures],
	['natives: bls12381::bls12381_min_pk_verify / returns', blsSignatures],
	['aborts: sui::group_ops / EInputTooLong', refusedElements],
	['aborts: sui::group_ops / ENotSupported', switchedOff],
	['aborts: sui::group_ops / EInvalidBufferLength', guarded],

	['aborts: sui::clock / ENotSystemAddress', system],
	['aborts: sui::sui / ENotSystemAddress', system],
	['aborts: sui::sui / EAlreadyMinted', system],
	['aborts: sui::random / EWrongInnerVersion', { unreachable: 'there is one version' }],
	['aborts: sui::package / ENotAuthorized', { unreachable: 'a receipt exists only while an upgrade is authorized' }],
]);
