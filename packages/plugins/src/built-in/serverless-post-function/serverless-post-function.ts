import type { Plugin } from '../../contract/plugin.ts'
import { serverlessPlugin } from '../../serverless/serverless-plugin.ts'

export default serverlessPlugin('serverless-post-function', -2000) satisfies Plugin
