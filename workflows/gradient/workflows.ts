// The entry of the workflow bundle: Temporal registers what this module exports. Nothing else imports it.
// biome-ignore-all lint/performance/noBarrelFile: the bundler takes one module, and each workflow has a file of its own.
export { gradientCheckpoint } from './checkpoint.ts';
export { gradientDriver } from './driver.ts';
export { gradientFinality } from './finality.ts';
export { gradientWindow } from './window.ts';
