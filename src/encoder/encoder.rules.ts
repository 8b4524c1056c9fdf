/** ONLINE takes sessions, DRAINING only keeps what it has, LOST has not been heard of for a lease time. */
export const EncoderStatus = { ONLINE: "ONLINE", DRAINING: "DRAINING", LOST: "LOST" } as const;
export type EncoderStatus = (typeof EncoderStatus)[keyof typeof EncoderStatus];
