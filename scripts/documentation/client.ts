// A client of the three examples, with types generated from their OpenAPI documents. It compiles only if those are complete.
import createClient from "openapi-fetch";
import type { paths as Geoip } from "./geoip";
import type { paths as Store } from "./store";
import type { paths as User } from "./user";

const here = { baseUrl: "http://127.0.0.1:8001" };

export async function country(ip: string): Promise<string> {
  const { data, error } = await createClient<Geoip>(here).GET("/1/{ip}", { params: { path: { ip } } });
  if (data !== undefined) return data.country_code;
  // A problem is a string only if the client asks for HTML.
  if (typeof error === "string") throw new Error(error);
  throw new Error(error.errors?.map((it) => `${it.in} ${it.name}: ${it.detail}`).join() ?? error.title);
}

export async function keep(fields: Record<string, string>): Promise<string> {
  const { data, error } = await createClient<Store>(here).POST("/", { body: fields });
  if (data !== undefined) return data.id;
  throw new Error(typeof error === "string" ? error : error.error);
}

export async function register(email: string, password: string): Promise<boolean> {
  const { data } = await createClient<User>(here).POST("/1/", { body: { email, password } });
  return data !== undefined && "saved" in data && data.saved;
}

// @ts-expect-error The address is required.
createClient<Geoip>(here).GET("/1/{ip}", {});
