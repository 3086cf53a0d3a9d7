/** The engine (`Engine` of #engine), started before the app is ready. */
export const ENGINE = Symbol('ENGINE');
/** This process's place in the mesh (`MeshNode` of #mesh). */
export const MESH = Symbol('MESH');
/** Time (`Clock` of #actor). */
export const CLOCK = Symbol('CLOCK');
/** What the app was configured with (`Config` of the variables it reads), frozen. */
export const CONFIG = Symbol('CONFIG');
