import { compileValidator, RouteSchema, type Route } from '@clinch/schema'

const validate = compileValidator(RouteSchema, { fillDefaults: true })

/** A route as it is stored, its defaults filled in. */
export function storedRouteOf (stored: Partial<Route>): Route {
  const checked = validate(stored)
  if (checked.kind === 'invalid') throw new Error(checked.issue.message)
  return checked.value
}
