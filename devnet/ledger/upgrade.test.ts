import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import { compilePackage } from '#devnet/compiler/compile.ts';
import { attemptUpgrade, buildUpgrade, outcomeOf, publishSources, returnsOf, sources, upgradeSources } from '#devnet/ledger/upgrade.fixture.ts';
import { UPGRADE_POLICY, upgradePackage } from '#devnet/publish/publish.ts';
import { attempt, clientOf, type Playground, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';
import { startDevnet } from '#devnet/start-devnet.ts';

const HEAD = `
use std::ascii::String;
use std::type_name;
public struct Counter has key, store { id: UID, value: u64 }
public struct Ticked has copy, drop { to: u64 }
public enum Mode has copy, drop, store { Off, On { level: u64 } }
public fun new(ctx: &mut TxContext): Counter { Counter { id: object::new(ctx), value: 0 } }
public fun value(self: &Counter): u64 { self.value }
public fun name<T>(): String { type_name::with_defining_ids<T>().into_string() }
public fun original<T>(): address { type_name::original_id<T>() }
public fun level(mode: &Mode): u64 { match (mode) { Mode::Off => 0, Mode::On { level } => *level } }
public fun on(level: u64): Mode { Mode::On { level } }
fun helper(): u64 { 1 }
entry fun poke(_: &Counter) {}
fun init(ctx: &mut TxContext) { transfer::transfer(new(ctx), ctx.sender()) }
`;
const version = (number: number, step: number) => `
public fun version(): u64 { ${number} }
public fun fail() { abort ${number} }
public fun overflow(x: u8): u8 { x + 255 }
public fun tick(self: &mut Counter) { self.value = self.value + ${step}; sui::event::emit(Ticked { to: self.value }) }
`;
const LIB_1 = `${HEAD}${version(1, 1)}`;
const V2_ONLY = `
public struct Label has copy, drop, store { text: vector<u8> }
public struct Named<T> has drop { value: T }
public fun label(text: vector<u8>): Label { Label { text } }
public fun named(): Named<Label> { Named { value: label(b"x") } }
public fun helped(): u64 { helper() }
`;
const LIB_2 = `${HEAD}${version(2, 10)}${V2_ONLY}`;
const LIB_3 = `${HEAD}${version(3, 100)}${V2_ONLY}public fun only_in_three(): u64 { 33 }`;

const u64 = (bytes: Uint8Array | undefined) => Number(bcs.u64().parse(bytes ?? new Uint8Array()));
const digits = (id: string) => id.slice(2);

describe('package upgrades', () => {
	let playground: Playground;
	let v1: string;
	let v2: string;
	let v3: string;
	let upgradeCap: string;
	let counter: string;

	before(async () => {
		playground = await startPlayground();
		({ packageId: v1, upgradeCap } = await publishSources(playground, sources('lib', LIB_1)));
		const { effects, objectTypes } = await run(playground, (transaction) => {
			transaction.transferObjects([transaction.moveCall({ target: `${v1}::lib::new` })], playground.address);
		});
		counter = effects.changedObjects.find(({ objectId, idOperation }) => idOperation === 'Created' && objectTypes[objectId])?.objectId ?? '';
	});
	after(() => playground.stop());

	const versionOf = async (target: string) => u64((await returnsOf(playground, target))[0]);

	it('the next version is a package of its own, and the last goes on as it was', async () => {
		const compiled = await compilePackage({ files: sources('lib', LIB_2) });
		const result = await attemptUpgrade(playground, compiled, { packageId: v1, upgradeCap });
		assert.equal(result.error, null);
		const written = result.effects.changedObjects.find(({ outputState }) => outputState === 'PackageWrite');
		v2 = written?.objectId ?? '';
		assert.deepEqual([written?.idOperation, written?.outputVersion, written?.inputState], ['Created', '2', 'DoesNotExist']);
		// an init runs once in a package's life
		assert.deepEqual(
			result.effects.changedObjects.filter(({ idOperation }) => idOperation === 'Created').map(({ objectId }) => objectId),
			[v2],
		);
		const { object: cap } = await playground.client.getObject({ objectId: upgradeCap, include: { content: true } });
		const parsed = bcs
			.struct('UpgradeCap', { id: bcs.Address, package: bcs.Address, version: bcs.u64(), policy: bcs.u8() })
			.parse(cap.content ?? new Uint8Array());
		assert.deepEqual([parsed.package, parsed.version, parsed.policy], [v2, '2', 0]);

		assert.equal(await versionOf(`${v1}::lib::version`), 1);
		assert.equal(await versionOf(`${v2}::lib::version`), 2);
		assert.equal(await versionOf(`${v2}::lib::helped`), 1);
		await assert.rejects(
			returnsOf(playground, `${v1}::lib::label`, (tx) => ({ arguments: [tx.pure.vector('u8', [1])] })),
			/FunctionNotFound/,
		);
	});

	it('one object serves both, and its type stays where it was defined', async () => {
		const { events } = await run(playground, (transaction) => {
			const object = transaction.object(counter);
			transaction.moveCall({ target: `${v1}::lib::tick`, arguments: [object] });
			transaction.moveCall({ target: `${v2}::lib::tick`, arguments: [object] });
		});
		assert.deepEqual(
			events?.map(({ packageId, eventType, json }) => [packageId, eventType, json]),
			[
				[v1, `${v1}::lib::Ticked`, { to: '1' }],
				[v2, `${v1}::lib::Ticked`, { to: '11' }],
			],
		);
		const { object } = await playground.client.getObject({ objectId: counter });
		assert.equal(object.type, `${v1}::lib::Counter`);
		assert.equal(u64((await returnsOf(playground, `${v2}::lib::value`, (tx) => ({ arguments: [tx.object(counter)] })))[0]), 11);
		await run(playground, (transaction) => {
			const mode = transaction.moveCall({ target: `${v1}::lib::on`, arguments: [transaction.pure.u64(5)] });
			transaction.moveCall({ target: `${v2}::lib::level`, arguments: [mode] });
		});
	});

	it('type arguments may name any version that has the type', async () => {
		const nameOf = async (by: string, type: string) =>
			bcs.string().parse((await returnsOf(playground, `${by}::lib::name`, () => ({ typeArguments: [type] })))[0] ?? new Uint8Array());
		for (const named of [v1, v2]) assert.equal(await nameOf(v1, `${named}::lib::Counter`), `${digits(v1)}::lib::Counter`);
		assert.equal(await nameOf(v2, `${v2}::lib::Label`), `${digits(v2)}::lib::Label`);
		assert.equal(await nameOf(v2, `${v2}::lib::Named<${v2}::lib::Counter>`), `${digits(v2)}::lib::Named<${digits(v1)}::lib::Counter>`);
		const original = await returnsOf(playground, `${v1}::lib::original`, () => ({ typeArguments: [`${v2}::lib::Label`] }));
		assert.equal(bcs.Address.parse(original[0] ?? new Uint8Array()), v1);
		await assert.rejects(nameOf(v1, `${v1}::lib::Label`), /TypeNotFound|TypeArgumentError/);
	});

	it('failures name the version that ran', async () => {
		const abort = async (id: string) => (await attempt(playground, (tx) => void tx.moveCall({ target: `${id}::lib::fail` }))).FailedTransaction?.status.error;
		for (const [id, code] of [
			[v1, '1'],
			[v2, '2'],
		] as const) {
			const error = await abort(id);
			assert.deepEqual([error?.MoveAbort?.abortCode, error?.MoveAbort?.location?.package], [code, id]);
		}
		const { FailedTransaction: failed } = await attempt(playground, (tx) => void tx.moveCall({ target: `${v2}::lib::overflow`, arguments: [tx.pure.u8(1)] }));
		assert.match(failed?.status.error?.message ?? '', new RegExp(`${v1}::lib::overflow`)); // as Sui's, by the first version
	});

	it('a third version links like the second, and the helper publishes it', async () => {
		const upgraded = await upgradePackage(
			{ client: playground.client, signer: playground.account },
			await compilePackage({ files: sources('lib', LIB_3) }),
			{ packageId: v2, upgradeCap },
			'the library',
		);
		v3 = upgraded.packageId;
		for (const [id, number] of [
			[v1, 1],
			[v2, 2],
			[v3, 3],
		] as const) {
			assert.equal(await versionOf(`${id}::lib::version`), number);
		}
		const [label] = await returnsOf(playground, `${v3}::lib::original`, () => ({ typeArguments: [`${v3}::lib::Label`] }));
		assert.equal(bcs.Address.parse(label ?? new Uint8Array()), v1);
		const named = await returnsOf(playground, `${v3}::lib::name`, () => ({ typeArguments: [`${v3}::lib::Label`] }));
		assert.equal(bcs.string().parse(named[0] ?? new Uint8Array()), `${digits(v2)}::lib::Label`);
	});

	it('a package is read with its versions, type origins and linkage', async () => {
		const { client } = playground;
		const { function: moved } = await client.getMoveFunction({ packageId: v3, moduleName: 'lib', name: 'only_in_three' });
		assert.equal(moved.visibility, 'public');
		await assert.rejects(client.getMoveFunction({ packageId: v1, moduleName: 'lib', name: 'only_in_three' }), /not found/i);
		const { response } = await client.movePackageService.listPackageVersions({ packageId: v2 });
		assert.deepEqual(
			response.versions.map(({ packageId, version: number }) => [packageId, number]),
			[
				[v1, 1n],
				[v2, 2n],
				[v3, 3n],
			],
		);
		const pages: string[] = [];
		let pageToken: Uint8Array | undefined;
		do {
			const page = (await client.movePackageService.listPackageVersions({ packageId: v1, pageSize: 2, ...(pageToken && { pageToken }) })).response;
			pages.push(page.versions.map(({ version: number }) => number).join());
			pageToken = page.nextPageToken;
		} while (pageToken !== undefined);
		assert.deepEqual(pages, ['1,2', '3']);
		const { package: read } = (await client.movePackageService.getPackage({ packageId: v3 })).response;
		assert.deepEqual([read?.storageId, read?.originalId, read?.version], [v3, v1, 3n]);
		const origins = new Map(read?.typeOrigins.map(({ datatypeName, packageId }) => [datatypeName, packageId]));
		assert.deepEqual(
			['Counter', 'Mode', 'Label', 'Named'].map((name) => origins.get(name)),
			[v1, v1, v2, v2],
		);
		assert.deepEqual(
			read?.linkage.map(({ originalId }) => originalId),
			['1', '2'].map((digit) => `0x${digit.padStart(64, '0')}`),
		);
	});

	describe('linkage', () => {
		const USER = 'public fun version(): u64 { lib::lib::version() } public fun tick(counter: &mut lib::lib::Counter) { lib::lib::tick(counter) }';
		const lib = (text: string, at: string) => ({ lib: sources('lib', text, { published: { original: v1, at } }) });

		it('a user goes on with the version that it was published against, until it is upgraded', async () => {
			const files = sources('user', USER, { uses: ['lib'] });
			const user = await publishSources(playground, files, lib(LIB_1, v1));
			assert.equal(await versionOf(`${user.packageId}::user::version`), 1);
			const relinked = await upgradeSources(playground, files, user, lib(LIB_2, v2));
			assert.equal(await versionOf(`${relinked}::user::version`), 2);
			assert.equal(await versionOf(`${user.packageId}::user::version`), 1);
			await run(playground, (transaction) => {
				transaction.moveCall({ target: `${relinked}::user::tick`, arguments: [transaction.object(counter)] });
			});
		});

		it('the package that is called decides the versions below it', async () => {
			const middle = await publishSources(playground, sources('middle', USER.replaceAll('user', 'middle'), { uses: ['lib'] }), lib(LIB_1, v1));
			const top = sources('top', 'public fun both(): (u64, u64) { (lib::lib::version(), middle::middle::version()) }', { uses: ['lib', 'middle'] });
			const published = { original: middle.packageId, at: middle.packageId };
			const local = { ...lib(LIB_3, v3), middle: sources('middle', USER, { uses: ['lib'], published }) };
			const { packageId } = await publishSources(playground, top, local);
			assert.deepEqual((await returnsOf(playground, `${packageId}::top::both`)).map(u64), [3, 3]);
			assert.equal(await versionOf(`${middle.packageId}::middle::version`), 1);
		});

		it('dependencies that are missing, older than needed or doubled are refused', async () => {
			const middle = await publishSources(playground, sources('middle', USER, { uses: ['lib'] }), lib(LIB_2, v2));
			const local = { ...lib(LIB_2, v2), middle: sources('middle', USER, { uses: ['lib'], published: { original: middle.packageId, at: middle.packageId } }) };
			const top = await compilePackage({ files: sources('top', 'public fun it(): u64 { middle::middle::version() }', { uses: ['middle'] }), local });
			const publishing = async (dependencies: readonly string[]) => {
				const { FailedTransaction: failed } = await attempt(playground, (transaction) => {
					const cap = transaction.publish({ modules: [...top.modules.values()].map((bytes) => [...bytes]), dependencies: [...dependencies] });
					transaction.transferObjects([cap], playground.address);
				});
				return [failed?.status.error?.message.split(':')[0], failed?.status.error?.command];
			};
			assert.deepEqual(await publishing(['0x1', '0x2', middle.packageId]), ['PublishUpgradeMissingDependency', 0]);
			assert.deepEqual(await publishing(['0x1', '0x2', v2]), ['PublishUpgradeMissingDependency', 0]);
			assert.deepEqual(await publishing(['0x1', '0x2', middle.packageId, v1]), ['PublishUpgradeDependencyDowngrade', 0]);
			assert.deepEqual(await publishing(['0x1', '0x2', middle.packageId, v1, v2]), ['InvalidLinkage', 0]);
			await assert.rejects(publishing(['0x1', '0x2', `0x${'12'.repeat(32)}`]), /DependentPackageNotFound/);
		});
	});

	describe('what an upgrade may not change', () => {
		const BASE = `
public struct Kept has key, store { id: UID, a: u64 }
public struct Pair<phantom T, U: store> has store { u: U }
public enum Shape has drop { Dot, Line { length: u64 } }
public struct Plain { x: u64 }
public fun open(x: u64): u64 { x }
public fun generic<T: copy + drop>(x: T): T { x }
public(package) fun within(x: u64): u64 { x }
entry fun enter(x: u64) { open(x); }
public entry fun both(x: u64) { open(x); }
fun inner(): u64 { 7 }
`;
		const edited = (from: string, to: string) => {
			assert.ok(BASE.includes(from));
			return BASE.replace(from, to);
		};
		const allowed: readonly (readonly [what: string, text: string])[] = [
			['nothing changed', BASE],
			['a private function is removed', edited('fun inner(): u64 { 7 }', '')],
			['a body is changed', edited('fun open(x: u64): u64 { x }', 'fun open(x: u64): u64 { x + 1 }')],
			['a public(package) function is removed', edited('public(package) fun within(x: u64): u64 { x }', '')],
			['a private entry function is removed', edited('entry fun enter(x: u64) { open(x); }', '')],
			['a public entry function is no entry any more', edited('public entry fun both', 'public fun both')],
			['a function asks less of its type', edited('generic<T: copy + drop>', 'generic<T: drop>')],
			['a type and a function are added', `${BASE} public struct New { x: u8 } public fun more() {}`],
		];
		const refused: readonly (readonly [what: string, text: string])[] = [
			['a public function is removed', edited('public fun open(x: u64): u64 { x }', 'fun open(x: u64): u64 { x }')],
			[
				'a public function takes another type',
				edited('public fun generic<T: copy + drop>(x: T): T { x }', 'public fun generic<T: copy + drop>(x: &T): T { *x }'),
			],
			['a public function returns another type', edited('public entry fun both(x: u64) { open(x); }', 'public entry fun both(x: u64): u64 { open(x) }')],
			['a function asks more of its type', edited('generic<T: copy + drop>', 'generic<T: copy + drop + store>')],
			['a public function becomes package-internal', edited('public entry fun both', 'public(package) fun both')],
			['a field is added', edited('id: UID, a: u64 }', 'id: UID, a: u64, b: u64 }')],
			['a field changes its type', edited('id: UID, a: u64 }', 'id: UID, a: u32 }')],
			['a field is renamed', edited('id: UID, a: u64 }', 'id: UID, b: u64 }')],
			['a type gains an ability', edited('public struct Plain { x: u64 }', 'public struct Plain has drop { x: u64 }')],
			['a type loses an ability', edited('has key, store { id: UID, a: u64 }', 'has key { id: UID, a: u64 }')],
			['a type is removed', edited('public struct Plain { x: u64 }', '')],
			['a type parameter is phantom no more', edited('Pair<phantom T, U: store> has store { u: U }', 'Pair<T, U: store> has store { u: U, t: vector<T> }')],
			['a type parameter asks for less', edited('Pair<phantom T, U: store>', 'Pair<phantom T, U>')],
			['an enum gains a variant', edited('Line { length: u64 } }', 'Line { length: u64 }, Plane }')],
			['a variant is renamed', edited('Dot,', 'Point,')],
			['a struct becomes an enum', edited('public struct Plain { x: u64 }', 'public enum Plain { X { x: u64 } }')],
		];
		let base: { packageId: string; upgradeCap: string };
		before(async () => {
			base = await publishSources(playground, sources('base', BASE));
		});
		const attemptText = async (text: string, policy?: number) => {
			const compiled = await compilePackage({ files: sources('base', text) });
			const result = await attemptUpgrade(playground, compiled, { ...base, policy });
			if (result.packageId !== undefined) base = { ...base, packageId: result.packageId };
			return result;
		};

		for (const [what, text] of refused) {
			it(`compatible: ${what}`, async () => {
				const { upgradeError, failure } = await attemptText(text);
				assert.deepEqual([upgradeError, failure?.command], ['IncompatibleUpgrade', '1']);
			});
		}

		it('additive: what is there stays, code included', async () => {
			for (const [what, text] of allowed) {
				const fits = what === 'nothing changed' || what.includes('added');
				const { upgradeError } = await attemptText(text, UPGRADE_POLICY.additive);
				assert.equal(upgradeError, fits ? undefined : 'IncompatibleUpgrade', what);
				if (what.includes('added')) {
					// to what the next policy starts from
					base = await publishSources(playground, sources('base', BASE));
				}
			}
		});

		it('dependencies only: the code is the same', async () => {
			for (const [what, text] of allowed) {
				const { upgradeError } = await attemptText(text, UPGRADE_POLICY.depOnly);
				assert.equal(upgradeError, what === 'nothing changed' ? undefined : 'IncompatibleUpgrade', what);
			}
		});

		it('compatible: all else', async () => {
			for (const [what, text] of allowed) {
				assert.equal((await attemptText(text)).error, null, what);
				base = await publishSources(playground, sources('base', BASE));
			}
		});

		it('modules stay, and a new one has no init', async () => {
			const files = sources('base', BASE);
			const { 'sources/base.move': _, ...empty } = files;
			const without = await compilePackage({ files: { ...empty, 'sources/other.move': 'module base::other; public fun f() {}' } });
			assert.equal((await attemptUpgrade(playground, without, base)).upgradeError, 'IncompatibleUpgrade');
			const added = await compilePackage({ files: { ...files, 'sources/other.move': 'module base::other; fun init(_: &mut TxContext) {}' } });
			assert.equal((await attemptUpgrade(playground, added, base)).failure?.error.$kind, 'FeatureNotYetSupported');
			const plain = await compilePackage({ files: { ...files, 'sources/other.move': 'module base::other; public fun f(): u64 { 4 }' } });
			const { packageId } = await attemptUpgrade(playground, plain, base);
			assert.equal(await versionOf(`${packageId}::other::f`), 4);
		});
	});

	describe('tickets', () => {
		const TEXT = 'public fun one(): u64 { 1 }';
		const again = async () => ({
			compiled: await compilePackage({ files: sources('small', TEXT) }),
			small: await publishSources(playground, sources('small', TEXT)),
		});

		it('are for one digest, one package and a known policy', async () => {
			const { compiled, small } = await again();
			const other = await publishSources(playground, sources('other', TEXT));
			const digest = await attemptUpgrade(playground, compiled, { ...small, digest: '00'.repeat(32) });
			assert.deepEqual([digest.upgradeError, digest.failure?.command], ['DigestDoesNotMatch', '1']);
			const dependency = await attemptUpgrade(playground, compiled, { ...small, dependencies: ['0x1'] });
			assert.equal(dependency.upgradeError, 'DigestDoesNotMatch');
			const mismatch = await attemptUpgrade(playground, compiled, { ...small, commandPackage: other.packageId });
			assert.equal(mismatch.upgradeError, 'PackageIDDoesNotMatch');
			const policy = await attemptUpgrade(playground, compiled, { ...small, policy: 5 });
			assert.equal(policy.upgradeError, 'UnknownUpgradePolicy');
			await assert.rejects(attemptUpgrade(playground, compiled, { ...small, commandPackage: `0x${'12'.repeat(32)}` }), /DependentPackageNotFound/);
		});

		it('are given once at a time, by a policy that only becomes stricter, and never after make_immutable', async () => {
			const { compiled, small } = await again();
			const twice = await attempt(playground, (transaction) => {
				for (let i = 0; i < 2; i++) buildUpgrade(transaction, compiled, small);
			});
			// the second ticket is for the new version, which this transaction cannot name
			assert.equal(outcomeOf(twice).upgradeError, 'PackageIDDoesNotMatch');
			const authorize = (transaction: Parameters<Parameters<typeof run>[1]>[0]) =>
				transaction.moveCall({
					target: '0x2::package::authorize_upgrade',
					arguments: [transaction.object(small.upgradeCap), transaction.pure.u8(0), transaction.pure.vector('u8', [...Buffer.from(compiled.digest, 'hex')])],
				});
			const open = await attempt(playground, (transaction) => {
				authorize(transaction);
				authorize(transaction);
			});
			assert.ok(open.FailedTransaction); // a ticket cannot be left over, and a second is not given
			await run(
				playground,
				(transaction) => void transaction.moveCall({ target: '0x2::package::only_additive_upgrades', arguments: [transaction.object(small.upgradeCap)] }),
			);
			const loose = await attemptUpgrade(playground, compiled, small);
			assert.deepEqual([loose.error?.MoveAbort?.abortCode, loose.error?.command], ['1', 0]); // ETooPermissive
			const upgraded = await attemptUpgrade(playground, compiled, { ...small, policy: UPGRADE_POLICY.additive });
			assert.equal(upgraded.error, null);
			await run(
				playground,
				(transaction) => void transaction.moveCall({ target: '0x2::package::make_immutable', arguments: [transaction.object(small.upgradeCap)] }),
			);
			await assert.rejects(attemptUpgrade(playground, compiled, small), /not found|deleted/i);
		});

		it('are not made of anything else', async () => {
			const { compiled, small } = await again();
			const { FailedTransaction: failed } = await attempt(playground, (transaction) => {
				const modules = [...compiled.modules.values()].map((bytes) => [...bytes]);
				transaction.upgrade({ modules, dependencies: [...compiled.dependencies], package: small.packageId, ticket: transaction.object(small.upgradeCap) });
			});
			assert.equal(failed?.status.error?.CommandArgumentError?.name, 'TypeMismatch');
		});
	});

	it('versions and links are there after a restart', async () => {
		const dataDir = mkdtempSync(join(tmpdir(), 'devnet-upgrade-'));
		const first = await startPlayground({ dataDir });
		const { packageId, upgradeCap: cap } = await publishSources(first, sources('lib', LIB_1));
		const upgraded = await upgradeSources(first, sources('lib', LIB_2), { packageId, upgradeCap: cap });
		await first.stop();
		const devnet = await startDevnet({ dataDir });
		try {
			const again = { ...first, devnet, client: clientOf(devnet) };
			assert.equal(u64((await returnsOf(again, `${packageId}::lib::version`))[0]), 1);
			assert.equal(u64((await returnsOf(again, `${upgraded}::lib::version`))[0]), 2);
			const named = await returnsOf(again, `${upgraded}::lib::name`, () => ({ typeArguments: [`${upgraded}::lib::Counter`] }));
			assert.equal(bcs.string().parse(named[0] ?? new Uint8Array()), `${digits(packageId)}::lib::Counter`);
		} finally {
			await devnet.stop();
			rmSync(dataDir, { recursive: true });
		}
	});
});
