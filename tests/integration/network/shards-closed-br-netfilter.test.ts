/** The same on a kernel that translates packets while it bridges them. */
process.env['GANTRY_TEST_BR_NETFILTER'] = '1';
await import('./shards-closed.test.ts');
