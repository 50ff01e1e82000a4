// What the command line and a server say to each other to sign a person in: OAuth 2.0 for native apps (RFC 6749, 7009, 7636, 8252,
// 8628). The command line is a public client: that it is who it says rests on the person who reads the confirmation page.
import type { challengeMethod } from '../core/pkce.ts'

/** The one client there is. Its name is shown to people, and proves nothing. */
export const commandLineClient = { id: 'hallpass-cli', title: 'Hallpass command line' } as const

/** Below the public URL. */
export const oauthPaths = {
  authorize: '/signin/oauth/authorize',
  token: '/signin/oauth/token',
  revoke: '/signin/oauth/revoke',
  /** Where a device code is asked for (RFC 8628 3.1). */
  device: '/signin/oauth/device',
  /** As `redirect_uri`: no program waits for the code, the person is shown it and pastes it. */
  code: '/signin/oauth/code',
  /** Where a person types the code of a device (RFC 8628 3.3). */
  devicePage: '/signin/device',
} as const

/**
 * The query of `authorize`. All of them are required. `redirect_uri` is `http://127.0.0.1:PORT/callback`, `http://[::1]:PORT/callback`,
 * or the public URL and `oauthPaths.code`. What returns is `code` and `state`; or `error`, `error_description` and `state`.
 */
export interface AuthorizeQuery {
  readonly response_type: 'code'
  readonly client_id: string
  readonly redirect_uri: string
  /** 1 to 512 characters of `[A-Za-z0-9._~-]`. */
  readonly state: string
  /** SHA-256 of the verifier in base64url: 43 characters. */
  readonly code_challenge: string
  readonly code_challenge_method: typeof challengeMethod
}

/** The path of a loopback `redirect_uri`; the port is free (RFC 8252 7.3). */
export const loopbackPath = '/callback'

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

/** The form that `token` takes. */
export type TokenForm =
  | {
      readonly grant_type: 'authorization_code'
      readonly client_id: string
      readonly code: string
      /** As it stood in the query of `authorize`, to the letter. */
      readonly redirect_uri: string
      readonly code_verifier: string
    }
  | { readonly grant_type: 'refresh_token'; readonly client_id: string; readonly refresh_token: string }
  | { readonly grant_type: typeof deviceGrant; readonly client_id: string; readonly device_code: string }

/** What `token` answers with status 200. */
export interface TokenAnswer {
  /** Good at the broker's API, as `Authorization: Bearer`. */
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds. */
  readonly expires_in: number
  /**
   * Stands in every answer. The one that it replaces is good for seconds more, so that two programs may share one file without a
   * lock; whoever uses it later ends the sign-in.
   */
  readonly refresh_token: string
  /** Seconds until the sign-in ends, whatever is renewed in it. */
  readonly sign_in_expires_in: number
  /** Whose sign-in it is. */
  readonly connector: string
  readonly login: string
}

/** What `token`, `revoke` and `device` answer with status 400, 401, 403, 413, 415, 429 or 503. */
export interface OauthError {
  readonly error:
    | 'invalid_request'
    | 'invalid_client'
    | 'invalid_grant'
    | 'unauthorized_client'
    | 'unsupported_grant_type'
    | 'access_denied'
    // RFC 8628 3.5
    | 'authorization_pending'
    | 'slow_down'
    | 'expired_token'
    // 429 and 503: ask again later, nothing was used up.
    | 'temporarily_unavailable'
    | 'server_error'
  /** For a person. Of `invalid_grant`: which limit ended the sign-in. */
  readonly error_description: string
}

/** The form that `revoke` takes: with either token the sign-in of the command line ends. Answered with status 200 in any case. */
export interface RevokeForm {
  readonly client_id: string
  readonly token: string
}

/** What `device` answers to a form of `client_id` alone. There is no `verification_uri_complete`: the code is typed by hand. */
export interface DeviceAnswer {
  readonly device_code: string
  /** `XXXX-XXXX`. */
  readonly user_code: string
  readonly verification_uri: string
  readonly expires_in: number
  /** Seconds between two questions; `slow_down` adds five. */
  readonly interval: number
}
