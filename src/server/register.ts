// How metrics come into prom-client's registry, which is loaded when they are first asked for.
import type { Registry } from 'prom-client'

/** Adds metrics to the registry. */
export type Add = (prom: typeof import('prom-client'), registry: Registry) => void
/** Calls `add` once there is a registry. */
export type Register = (add: Add) => void
