import { bcs } from '@mysten/sui/bcs';

type Fields = Parameters<typeof bcs.struct>[1];

/** A Move struct in BCS that remembers what it was made of, so that a test can hold it to the compiled bytecode. */
export function moveStruct<const F extends Fields>(module: string, name: string, fields: F) {
	const layout = bcs.struct(name, fields);
	return Object.assign(layout, { module, fields: Object.entries(fields).map(([field, type]) => ({ name: field, type: type.name })) });
}
