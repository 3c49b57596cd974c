/** Packages without types of their own, as far as these tests use them. */
declare module '@webref/idl' {
  interface IdlFile {
    parse(): Promise<unknown[]>;
  }
  const webref: { listAll(): Promise<Record<string, IdlFile>> };
  export default webref;
}
