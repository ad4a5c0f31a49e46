// A client of the examples and the shop, with types generated from their OpenAPI documents. It compiles only if those are complete.
import createClient from "openapi-fetch";
import type { paths as Geoip } from "./geoip";
import type { paths as Store } from "./store";
import type { paths as User } from "./user";
import type { paths as Shop } from "./shop";

const here = { baseUrl: "http://127.0.0.1:8001" };

export async function country(ip: string): Promise<string> {
  const { data, error } = await createClient<Geoip>(here).GET("/1/{ip}", { params: { path: { ip } } });
  if (data !== undefined) return data.country_code;
  throw new Error(error.errors?.map((it) => `${it.in} ${it.name}: ${it.detail}`).join() ?? error.title);
}

export async function keep(fields: Record<string, string>): Promise<string> {
  const { data, error } = await createClient<Store>(here).POST("/", { body: fields });
  if (data !== undefined) return data.id;
  throw new Error(error.error);
}

export async function order(): Promise<number> {
  const tenant = { header: { "X-Tenant": "ch" } };
  const { data, error } = await createClient<Shop>(here).GET("/orders", { params: tenant });
  if (error !== undefined) throw new Error(error.title);
  const found = data.items[0];
  if (found === undefined) return 0;
  // What is always sent need not be checked, and a tag tells the variants apart.
  return found.payment.kind === "invoice" ? found.payment.days : found.id;
}

export async function register(email: string, password: string): Promise<boolean> {
  const { data } = await createClient<User>(here).POST("/1/", { body: { email, password } });
  return data !== undefined && "saved" in data && data.saved;
}

// @ts-expect-error The address is required.
createClient<Geoip>(here).GET("/1/{ip}", {});
