/** What can be told of a transaction while it executes: the machine's part, and the ledger's. */
import type { Command } from '#devnet/ledger/transaction.ts';
import type { ExecutionTracer } from '#devnet/move/tracer.ts';

export interface TransactionTracer extends ExecutionTracer {
	/** A command begins. `gas`: internal units of the transaction so far. */
	startCommand(index: number, command: Command, gas: bigint): void;
	/** It succeeded. */
	endCommand(index: number, gas: bigint): void;
}
