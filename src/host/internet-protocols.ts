/** Numbers of protocols in IP headers: https://www.iana.org/assignments/protocol-numbers (/etc/protocols is missing on small hosts). */
export const protocolNumber = { icmp: 1, tcp: 6, udp: 17, icmp6: 58, sctp: 132 } as const;
