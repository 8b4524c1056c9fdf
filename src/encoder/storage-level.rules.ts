/**
 * How much room there is on an encoder's disk:
 *
 *   LOW   nearly none: what can be done without stops, such as thumbnails and motion clips
 *   FULL  what is left is for the database and the live outputs: recordings and replays pause as well
 */
export const StorageLevel = { PLENTY: "PLENTY", LOW: "LOW", FULL: "FULL" } as const;
export type StorageLevel = (typeof StorageLevel)[keyof typeof StorageLevel];

/** Bytes that are free, below which a level begins, and above which it ends: in between it stays, so that nothing starts and stops all the time. */
export const STORAGE_LIMITS = {
  LOW: { beginsBelow: 1_000_000_000, endsAbove: 1_500_000_000 },
  FULL: { beginsBelow: 300_000_000, endsAbove: 500_000_000 },
} as const;

/** The level after another look at a disk with so many bytes free. */
export function nextStorageLevel(level: StorageLevel, freeBytes: number): StorageLevel {
  const holds = (each: "LOW" | "FULL", isHeld: boolean): boolean =>
    freeBytes < (isHeld ? STORAGE_LIMITS[each].endsAbove : STORAGE_LIMITS[each].beginsBelow);
  if (holds("FULL", level === "FULL")) return "FULL";
  return holds("LOW", level !== "PLENTY") ? "LOW" : "PLENTY";
}
