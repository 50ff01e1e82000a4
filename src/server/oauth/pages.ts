// The addresses of `hallpass login`: pages for people, endpoints for the command line (RFC 6749, 7009, 7636, 8252, 8628).
import type { Page } from '../pages/page.ts'
import { authorizePages } from './authorize.ts'
import { devicePages } from './device-page.ts'
import { oauthEndpoints } from './endpoints.ts'
import type { OauthParts } from './parts.ts'

export const oauthPages = (parts: OauthParts): readonly Page[] => [
  ...authorizePages(parts),
  ...oauthEndpoints(parts),
  ...devicePages(parts),
]
