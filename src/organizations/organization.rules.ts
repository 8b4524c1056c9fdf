/** Features that an organization may be given. */
export const Package = { LIVE_PROCESSING: "LIVE_PROCESSING", EVENTS: "EVENTS" } as const;
export type Package = (typeof Package)[keyof typeof Package];

/** A limit of its own, none at all, or that of the installation. */
export type KeptLimit = number | "OFF" | "DEFAULT";

/** What an organization keeps of its assets. */
export interface KeptAssetsLimits {
  readonly days: KeptLimit;
  /** In units of 1,000,000,000 bytes. */
  readonly gigabytes: KeptLimit;
}

/** The limit that holds, of one that is stored and that of the installation; null for none. */
export function limitInForce(stored: number | null, ofInstallation: number | null): number | null {
  return stored === 0 ? null : (stored ?? ofInstallation);
}

/** The most that either may be; the least is 1. */
export const KEPT_LIMITS_MOST: Readonly<Record<keyof KeptAssetsLimits, number>> = { days: 36_500, gigabytes: 1_000_000 };
