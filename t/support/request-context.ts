export { fakeRequest, fakeResponse } from '@clinch/plugins/testing'
export type { FakeRequest } from '@clinch/plugins/testing'
