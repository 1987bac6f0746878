/**
 * A private entry function takes nothing that is bound to a value which must yet be consumed: who holds such a value could force
 * what happens after the call (sui-adapter `typing/verify/private_entry_arguments.rs`, Sui 1.63).
 *
 * Values that meet in a command, with its results, are one clique from then on. A clique is hot while it holds a value without `drop` and
 * `store`, and for ever once a shared object was taken by value in it.
 */
import { argumentFailure, inCommand } from '#devnet/ledger/failure.ts';
import { type Place, type TypedCommand, type TypedTransaction, typedArguments } from '#devnet/ledger/places.ts';

class Clique {
	/** The clique that this one became part of. */
	mergedInto: Clique | undefined;
	heating = 0;
	alwaysHot = false;

	get root(): Clique {
		let root: Clique = this;
		while (root.mergedInto !== undefined) root = root.mergedInto;
		if (root !== this) this.mergedInto = root;
		return root;
	}

	get hot(): boolean {
		const { root } = this;
		return root.alwaysHot || root.heating > 0;
	}
}

const heats = ({ source, abilities }: Place) => source.kind === 'result' && !abilities.drop && !abilities.store;

/** Throws {@link ExecutionFailure}. */
export function checkHotValues(transaction: TypedTransaction): void {
	const cliques = new Map<Place, Clique>();
	const cliqueOf = (place: Place): Clique => {
		let clique = cliques.get(place);
		if (clique === undefined) {
			clique = new Clique();
			cliques.set(place, clique);
		}
		return clique.root;
	};
	/** Shared objects that a vector holds: whatever takes it takes them. */
	const sharedInside = new Map<Place, boolean>();
	const takesShared = (command: TypedCommand) =>
		typedArguments(command).some(({ use, place }) => {
			if (use !== 'move') return false;
			return place.source.kind === 'object' ? place.source.input.object.owner.kind === 'shared' : sharedInside.get(place) === true;
		});

	for (const command of transaction.commands) {
		const given = typedArguments(command).map(({ index, use, place }) => {
			const clique = cliqueOf(place);
			if (use === 'move' && heats(place)) clique.heating--;
			return { index, clique };
		});
		if (command.kind === 'moveCall' && command.signature.isEntry && command.signature.visibility === 'private') {
			const hot = given.find(({ clique }) => clique.hot);
			if (hot !== undefined) {
				inCommand(command.index, () => {
					throw argumentFailure(hot.index, { $kind: 'InvalidArgumentToPrivateEntryFunction' });
				});
			}
		}
		const merged = new Clique();
		for (const root of new Set(given.map(({ clique }) => clique.root))) {
			merged.heating += root.heating;
			merged.alwaysHot ||= root.alwaysHot;
			root.mergedInto = merged;
		}
		const shared = takesShared(command);
		if (command.kind === 'makeMoveVec') for (const place of command.results) sharedInside.set(place, shared);
		else merged.alwaysHot ||= shared;
		for (const place of command.results) {
			cliques.set(place, merged);
			if (heats(place)) merged.heating++;
		}
	}
}
