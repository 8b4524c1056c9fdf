/** Features that an organization may be given. */
export const Package = { LIVE_PROCESSING: "LIVE_PROCESSING", EVENTS: "EVENTS" } as const;
export type Package = (typeof Package)[keyof typeof Package];
