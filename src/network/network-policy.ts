/** Which addresses and paths callers' URLs may name; filled in from the environment. */
export interface NetworkPolicy {
  /** CIDR ranges of private and loopback addresses that inputs and outputs may use. */
  readonly allowedNetworks: readonly string[];
}
