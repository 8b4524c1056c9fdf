import { execFileSync } from "node:child_process";

/** A real picture of this size, as ffmpeg writes it. */
export function makePicture(codec: "png" | "mjpeg" | "libwebp", size: string, options: readonly string[] = []): Buffer<ArrayBuffer> {
  const format = codec === "libwebp" ? "webp" : "image2pipe";
  const encode = ["-frames:v", "1", "-c:v", codec, ...options, "-f", format, "pipe:1"];
  const written = execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=1`, ...encode], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return Buffer.from(written);
}

/** The header of a PNG of any size, with as many bytes after it. */
export function pngOf(width: number, height: number, bytes = 0): Buffer<ArrayBuffer> {
  const header = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
  const sides = Buffer.alloc(8);
  sides.writeUInt32BE(width, 0);
  sides.writeUInt32BE(height, 4);
  return Buffer.from(Buffer.concat([header, sides, Buffer.alloc(bytes)]));
}

function chunkOf(kind: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(kind, 0, "latin1");
  header.writeUInt32LE(payload.length, 4);
  return Buffer.concat([header, payload, Buffer.alloc(payload.length % 2)]);
}

/** A WebP with a canvas of this size, and whatever chunks behind it. */
export function extendedWebp([width, height]: readonly [number, number], ...chunks: readonly Buffer[]): Buffer {
  const canvas = Buffer.alloc(10);
  canvas.writeUIntLE(width - 1, 4, 3);
  canvas.writeUIntLE(height - 1, 7, 3);
  return chunkOf("RIFF", Buffer.concat([Buffer.from("WEBP"), chunkOf("VP8X", canvas), ...chunks]));
}

/** A frame of an animation. */
export function frameOf(picture: Buffer): Buffer {
  return chunkOf("ANMF", Buffer.concat([Buffer.alloc(16), picture]));
}
