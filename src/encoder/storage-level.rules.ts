/**
 * How much room there is on an encoder's disk:
 *
 *   LOW   nearly none: what can be done without stops, such as thumbnails and motion clips
 *   FULL  what is left is for the database and the live outputs: recordings and replays pause as well
 */
export const StorageLevel = { PLENTY: "PLENTY", LOW: "LOW", FULL: "FULL" } as const;
export type StorageLevel = (typeof StorageLevel)[keyof typeof StorageLevel];
