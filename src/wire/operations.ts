// The types of handlers, taken from AWS's own SDK packages at compile time only: names of operations, their inputs as
// decoded and validated here, their outputs as encoded here, and the names of modelled errors. The
// modules are those of the rows of services.ts.

export type { Sdk } from './services.ts'

/** The operations of a service's module: `AssumeRole` of `AssumeRoleCommand`. */
export type OperationName<M> = {
  [K in keyof M]: K extends `${infer Name}Command` ? (Name extends '' | '$' ? never : Name) : never
}[keyof M] &
  string

type Command<M, K extends string> = `${K}Command` extends keyof M ? M[`${K}Command`] : never

/**
 * What a handler receives. The SDK types a required member as `K: T | undefined`; validation has refused its absence
 * before a handler runs, so here it is `K: T`. Only the top level is narrowed.
 */
export type Input<M, K extends OperationName<M>> =
  Command<M, K> extends new (...input: never[]) => { readonly input: infer I } ? Given<I> : never

type Given<I> = { readonly [P in keyof I]: Record<never, never> extends Pick<I, P> ? I[P] : NonNullable<I[P]> }

/** What a handler returns: the SDK's output without `$metadata`; `{}` (or nothing) where the operation has no output. */
export type Output<M, K extends OperationName<M>> =
  Command<M, K> extends new (
    ...input: never[]
  ) => { resolveMiddleware: (...args: never[]) => infer H }
    ? Answer<H>
    : never

type Answer<H> = H extends (...args: never[]) => Promise<{ output: infer O }> ? Omit<O, '$metadata'> : never

/** Without the base class of a client's errors (`STSServiceException` of `STSClient`): no service sends it. */
type Modelled<M, Name> = Name extends `${infer Client}ServiceException`
  ? `${Client}Client` extends keyof M
    ? never
    : Name
  : Name

/** The modelled errors of a service's module, by shape name: `NoSuchEntityException`. */
export type ErrorName<M> = {
  [K in keyof M]: K extends `${infer Name}$`
    ? M[K] extends readonly [-3, ...unknown[]]
      ? Modelled<M, Name>
      : never
    : never
}[keyof M]
