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
