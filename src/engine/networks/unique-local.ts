import { parseSubnet, subnetText, type Subnet } from '../../network/addresses/subnet.ts';

/** A subnet of a network's own. RFC 4193: fd and 40 random bits, which the network's id has. */
export function uniqueLocalSubnet(networkId: string): string {
  return subnetText(parseSubnet(`fd${networkId.slice(0, 2)}:${networkId.slice(2, 6)}:${networkId.slice(6, 10)}::/64`) as Subnet);
}
