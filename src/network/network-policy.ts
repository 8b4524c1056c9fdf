/** Which addresses and paths callers' URLs may name; filled in from the environment. */
export interface NetworkPolicy {
  /** CIDR ranges of private and loopback addresses that inputs and outputs may use. */
  readonly allowedNetworks: readonly string[];
  /** Addresses of this machine, which URLs may not name unless a range above allows it; none when left out. */
  readonly ownAddresses?: readonly string[];
}
