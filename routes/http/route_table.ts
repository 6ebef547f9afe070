import { strict } from "./validate.ts";
import type { Route } from "./route.ts";

/**
 * The routes in the order in which a path is looked up, with their schemas made strict.
 * @throws Error for two routes with the same method and path.
 */
export function routeTable(routes: readonly Route[]): Route[] {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    const id = `${method} ${path.replace(/:[^/]+/g, ":")}`;
    if (seen.has(id)) throw new Error(`two routes for ${method.toUpperCase()} ${path}`);
    seen.add(id);
  }
  return sortRoutes(routes.map((route) => ({
    ...route,
    query: route.query && strict(route.query),
    body: route.body && strict(route.body),
  })));
}

/** Fixed path parts before parameters before wildcards, so that the order of files does not matter. */
export function sortRoutes(routes: readonly Route[]): Route[] {
  const rank = (part: string) =>
    part.includes("*") || part.endsWith("{.+}") ? "2" : part.startsWith(":") ? "1" : "0";
  const key = (route: Route) => route.path.split("/").map(rank).join("");
  return [...routes].sort((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

/** What is possible at each path, for answers to other methods. */
export function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { method, path } of routes) {
    const list = methods.get(path) ?? [];
    list.push(method.toUpperCase());
    if (method === "get") list.push("HEAD");
    methods.set(path, list);
  }
  return methods;
}
