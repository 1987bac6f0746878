import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { temporalServerCommand, waitForTemporal } from '#devnet/temporal/server.ts';
import { freePorts } from '#runtime/free-port.ts';
import { createLogger } from '#runtime/log.ts';
import { temporalDatabaseFile } from '#runtime/state-folder.ts';
import { Supervisor } from '#runtime/supervisor.ts';
import { loadTemporalSettings } from '#runtime/temporal-settings.ts';
import { searchAttributes } from '#workflows/gradient/search-attributes.ts';
import { temporalBinary } from '../../scripts/python-tools.mjs';

const data = await mkdtemp(join(tmpdir(), 'vramhub-temporal-'));
after(() => rm(data, { recursive: true, force: true }));

test('the development server: supervised, our namespace and search attributes, its Web UI, and what it kept after a restart', async () => {
	const settings = await loadTemporalSettings();
	const [binary, [port, uiPort]] = await Promise.all([temporalBinary(), freePorts(2)]);
	const address = `127.0.0.1:${port}`;
	const { command, args } = temporalServerCommand({
		binary,
		port: port!,
		uiPort: uiPort!,
		dbFile: temporalDatabaseFile(data),
		namespace: settings.namespace,
		searchAttributes: settings.searchAttributes,
		pragmas: settings.devServer.sqlitePragmas,
	});
	for (const life of ['first', 'second']) {
		const supervisor = new Supervisor({ data, log: createLogger({ target: 'test', write: () => {} }) });
		await supervisor.start({
			name: 'temporal',
			program: { kind: 'binary', command, args },
			ready: (signal) => waitForTemporal(address, settings.namespace, signal),
			restart: 'always',
		});
		const connection = await Connection.connect({ address });
		try {
			const client = new Client({ connection, namespace: settings.namespace });
			if (life === 'first') {
				await client.workflow.start('nobodyServesThis', {
					workflowId: 'kept',
					taskQueue: 'nobody',
					typedSearchAttributes: searchAttributes({ network: `0x${'ab'.repeat(32)}`, validatorUid: 0, window: '2957300' }),
				});
			} else {
				assert.equal((await client.workflow.getHandle('kept').describe()).type, 'nobodyServesThis');
			}
			assert.equal((await fetch(`http://127.0.0.1:${uiPort}/`)).status, 200);
		} finally {
			await connection.close();
			await supervisor.stop();
		}
		await assert.rejects(waitForTemporal(address, settings.namespace, AbortSignal.timeout(300)), 'it ended with its supervisor');
	}
});
