import type { Readable } from "node:stream";

/** A file that is kept somewhere, opened to be sent. */
export interface StoredFile {
  readonly size: number;
  readonly modifiedAt: Date;
  /** Another one for other bytes, with its quotation marks. */
  readonly tag: string;
  /** The bytes from `first` to `last`, both counted from 0 and included. */
  readonly read: (range: { readonly first: number; readonly last: number }) => Promise<Readable>;
  readonly close: () => Promise<void>;
}

/** Files in folders, one folder for each asset, in a directory or in an object store. Names are those of assets and their files. */
export interface Storage {
  /** Null when there is no such file. Throws when that cannot be said now. */
  readonly open: (folder: string, name: string) => Promise<StoredFile | null>;
  /** Keeps a copy of a file of this machine; one of that name is replaced as a whole. */
  readonly put: (folder: string, name: string, path: string, contentType: string) => Promise<void>;
  /** Deletes a folder with all that is in it; one that is not there is deleted already. */
  readonly deleteFolder: (folder: string) => Promise<void>;
  /** Gives up whatever is under way; nothing may be asked for any more. */
  readonly close: () => void;
}
