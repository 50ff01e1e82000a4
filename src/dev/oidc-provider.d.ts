// What development mode uses of the `oidc-provider` package, which brings no types of its own.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface Interaction {
    readonly uid: string
    readonly prompt: { readonly name: string }
  }
  export interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }
  export interface Context {
    type: string
    body: unknown
    set(header: string, value: string): void
    readonly oidc: {
      readonly session?: { readonly accountId?: string; grantIdFor(clientId: string): string | undefined }
      readonly client?: { readonly clientId: string }
      readonly provider: Provider
    }
  }
  export class Provider {
    constructor(issuer: string, configuration: object)
    proxy: boolean
    readonly Grant: {
      new (of: { readonly accountId: string; readonly clientId: string }): Grant
      find(id: string): Promise<Grant | undefined>
    }
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
    on(event: string, hear: (...values: unknown[]) => void): this
  }
}
