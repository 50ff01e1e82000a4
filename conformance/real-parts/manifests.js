// A program on Kubernetes' own API types (manifests/), which reads manifests strictly: built once for what its go.sum names.
import { buildGo } from './go.js'

export const prepareManifests = () =>
  buildGo('manifests', ['go.mod', 'go.sum', 'main.go'], 'a program on the types of Kubernetes (once; about a minute)')
