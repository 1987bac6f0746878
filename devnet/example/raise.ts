/**
 * `node devnet/example/raise.ts URL PACKAGE COUNTER`: raises the counter with Sui's own client, and prints the transaction's digest. The first
 * of the devnet's accounts pays. Fails with the client's message when the dry run does.
 */
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';

const [url = '', packageId = '', counterId = ''] = process.argv.slice(2);
const accounts = await fetch(`${url}/accounts`, { headers: { accept: 'application/json' } });
const [account] = (await accounts.json()) as { secretKey: string }[];
if (account === undefined) throw new Error('the devnet has no account: start it with --accounts 1');

const transaction = new Transaction();
transaction.moveCall({ target: `${packageId}::counter::raise`, arguments: [transaction.object(counterId), transaction.object.clock()] });
const client = new SuiGrpcClient({ network: 'custom', baseUrl: url });
const result = await client.signAndExecuteTransaction({ transaction, signer: Ed25519Keypair.fromSecretKey(account.secretKey) });
process.stdout.write(`${(result.Transaction ?? result.FailedTransaction).digest}\n`);
