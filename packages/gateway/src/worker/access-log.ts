import type { AccessLogOptions } from '@clinch/data-plane'
import type { LogFiles } from '@clinch/plugins'
import type { Config } from '@clinch/schema'

const flushMs = 1000

/** The access log as config.yaml wants it; undefined: none. */
export function accessLogOf ({ nginx_config: { http } }: Config, files: LogFiles): AccessLogOptions | undefined {
  if (!http.enable_access_log) return undefined
  return {
    format: http.access_log_format,
    escape: http.access_log_format_escape,
    file: files.open(http.access_log, { bufferChars: http.access_log_buffer, flushMs })
  }
}
