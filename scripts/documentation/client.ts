// A client of the three examples, of types that are generated from their documents: it compiles only if they tell enough.
import createClient from "openapi-fetch";
import type { paths as Geoip } from "./geoip";
import type { paths as Store } from "./store";
import type { paths as User } from "./user";

const here = { baseUrl: "http://127.0.0.1:8001" };

export async function country(ip: string): Promise<string> {
  const { data, error } = await createClient<Geoip>(here).GET("/1/{ip}", { params: { path: { ip } } });
  if (data === undefined) throw new Error(error.errors?.map((it) => `${it.in} ${it.name}: ${it.detail}`).join() ?? error.title);
  return data.country_code;
}

export async function keep(fields: Record<string, string>): Promise<string> {
  const { data, error } = await createClient<Store>(here).POST("/", { body: fields });
  if (data === undefined) throw new Error(error.error);
  return data.id;
}

export async function register(email: string, password: string): Promise<boolean> {
  const { data } = await createClient<User>(here).POST("/1/", { body: { email, password } });
  return data?.saved ?? false;
}

// @ts-expect-error The address is mandatory.
createClient<Geoip>(here).GET("/1/{ip}", {});
