/** sui.rpc.v2.MovePackageService: packages, their versions, functions and types. */
import type { GrpcTypes } from '@mysten/sui/grpc';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { PackageObject } from '#devnet/ledger/objects.ts';
import { addressOf, readArgument } from '#devnet/rpc/arguments.ts';
import { PageTokens, pageSize } from '#devnet/rpc/page.ts';
import { describeDatatypes, renderFunction, renderPackage } from '#devnet/rpc/render-package.ts';
import { invalidArgument, notFound } from '#devnet/rpc/rpc-error.ts';
import { type Handlers, unary } from '#devnet/rpc/server.ts';

const DEFAULT_VERSIONS = 1000;
const MAX_VERSIONS = 10_000;

export function movePackageService(ledger: Ledger): Handlers {
	const packageOf = (given: string | undefined): PackageObject => {
		const id = addressOf(given, 'package_id');
		const found = ledger.store.get(id);
		if (found === undefined) throw notFound(`Package ${id} not found`);
		if (found.kind !== 'package') throw invalidArgument(`object ${id} is not a package`);
		return found;
	};
	const required = (text: string | undefined, field: string): string => {
		if (text === undefined) throw invalidArgument(`missing ${field}`);
		return text;
	};
	return {
		'sui.rpc.v2.MovePackageService/GetPackage': unary((request: GrpcTypes.GetPackageRequest) => ({
			package: renderPackage(packageOf(request.packageId), ledger),
		})),
		'sui.rpc.v2.MovePackageService/ListPackageVersions': unary((request: GrpcTypes.ListPackageVersionsRequest) => {
			const { id, originalId } = packageOf(request.packageId);
			const tokens = new PageTokens('package versions', originalId);
			const { pageToken } = request;
			const from = pageToken === undefined ? 0n : readArgument('page_token', () => BigInt(tokens.read(pageToken)));
			const size = pageSize(request.pageSize, DEFAULT_VERSIONS, MAX_VERSIONS);
			const versions = versionsOf(ledger, id).filter(({ version }) => version >= from);
			const next = versions[size];
			return {
				versions: versions.slice(0, size).map((pkg) => ({ packageId: pkg.id, version: pkg.version })),
				nextPageToken: next === undefined ? undefined : tokens.write(next.version.toString()),
			};
		}),
		'sui.rpc.v2.MovePackageService/GetFunction': unary((request: GrpcTypes.GetFunctionRequest) => {
			const moduleName = required(request.moduleName, 'module_name');
			const name = required(request.name, 'name');
			const { id } = packageOf(request.packageId);
			const signature = ledger.vm.signature({ address: id, module: moduleName }, name);
			if (signature === undefined) throw notFound(`Function ${id}::${moduleName}::${name} not found`);
			return { function: renderFunction(name, signature) };
		}),
		'sui.rpc.v2.MovePackageService/GetDatatype': unary((request: GrpcTypes.GetDatatypeRequest) => {
			const moduleName = required(request.moduleName, 'module_name');
			const name = required(request.name, 'name');
			const pkg = packageOf(request.packageId);
			const datatype = describeDatatypes(pkg, moduleName, ledger.store).find((described) => described.name === name);
			if (datatype === undefined) throw notFound(`Datatype ${pkg.id}::${moduleName}::${name} not found`);
			return { datatype };
		}),
	};
}

/** All versions of a package that the chain has, oldest first. */
function versionsOf(ledger: Ledger, id: string): PackageObject[] {
	const pkg = ledger.store.get(id);
	if (pkg?.kind !== 'package') return [];
	const versions = [...ledger.store.all()].flatMap((object) => (object.kind === 'package' && object.originalId === pkg.originalId ? [object] : []));
	return versions.sort((a, b) => (a.version < b.version ? -1 : 1));
}
