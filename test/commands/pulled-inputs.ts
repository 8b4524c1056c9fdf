import { freeTcpPort } from "../encoder/output-receivers.ts";
import { freeUdpPort, startDashSender, startHlsSender, startSrtSender, type Sender } from "../support/media.ts";
import { startRtmpSender, startRtpSender, startRtspPublisher } from "../support/pull-senders.ts";
import { startRtspServer } from "../support/rtsp-server.ts";

export interface Pulled {
  readonly url: string;
  readonly sender: Pick<Sender, "pid" | "stop">;
}

const withUrl = (starting: Promise<Sender & { readonly url: string }>): Promise<Pulled> =>
  starting.then((sender) => ({ url: sender.url, sender }));

/** Each opens a sender for its type. */
export const PULLED_INPUTS: Readonly<Record<string, () => Promise<Pulled>>> = {
  HLS_PULL: () => withUrl(startHlsSender()),
  DASH_PULL: () => withUrl(startDashSender(true)),
  RTSP_PULL: async () => {
    const server = await startRtspServer();
    const { pid, stop } = startRtspPublisher(server.port);
    return { url: `rtsp://127.0.0.1:${server.port}/live/cam`, sender: { pid, stop: () => stop().then(server.close) } };
  },
  SRT_PULL: async () => {
    const secret = { port: await freeUdpPort(), passphrase: "correct-horse" };
    return { url: `srt://127.0.0.1:${secret.port}?passphrase=${secret.passphrase}`, sender: startSrtSender(secret) };
  },
  RTP_PULL: async () => {
    const port = await freeUdpPort();
    return { url: `rtp://127.0.0.1:${port}`, sender: startRtpSender("127.0.0.1", port) };
  },
  RTMP_PULL: async () => {
    const port = await freeTcpPort();
    return { url: `rtmp://127.0.0.1:${port}/live/cam`, sender: startRtmpSender(port, "cam") };
  },
};
