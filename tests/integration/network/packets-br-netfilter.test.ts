/** The same packets on a kernel that translates them while it bridges them, as on a machine where Docker runs. */
process.env['GANTRY_TEST_BR_NETFILTER'] = '1';
await import('./packets.test.ts');
