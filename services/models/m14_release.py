"""A sweep, or a move, of a user whom a data service does not know, and its end. The calls of a sweeper that stalls come late, or twice.
The directory says once to each service that the user is back, and looks at none of them again."""
from check import study
FIXES = ["learn",  # a service without a row that is told `here` gets a row with that version (`frozen`, then `here`): else an older `frozen` finds no row that it is older than
         "same",   # `frozen` of the version of a row in another state is refused: the `frozen` before a `here` of the same version may come again after it
         "version"]# an older call is refused
class Release:
    def __init__(self, **f): self.f = f
    def init(self): return dict(dir=("active", 1), told=True, pl=None, half=False, frozen=False, late=(), sweeps=2, copies=2, w=1)
    def steps(self, s):
        f = self.f; st, v = s["dir"]
        def place(n, state, ver):
            pl = n["pl"]
            if pl is None: return n if state == "here" else n | dict(pl=(state, ver))
            if f["version"] and ver < pl[1]: return n
            if f["same"] and state == "frozen" and ver == pl[1] and pl[0] != "frozen": return n
            if state == "here" and pl[0] == "gone": return n
            return n | dict(pl=(state, max(ver, pl[1]) if f["version"] else ver))
        def sent(n, state, ver):
            if n["copies"]: yield f"!{state}@{ver} is sent, and comes late as well", place(n, state, ver) | dict(copies=n["copies"] - 1, late=n["late"] + ((state, ver),))
            yield f"{state}@{ver}", place(n, state, ver)
        if st == "active" and s["told"] and s["sweeps"]: yield "!sweep: expiring", s | dict(dir=("expiring", v + 1), told=False, frozen=False, sweeps=s["sweeps"] - 1)
        if st == "expiring":
            yield "!a visit takes the sweep back", s | dict(dir=("active", v + 1), half=False)
            if not s["frozen"]:
                if s["copies"]: yield f"!frozen@{v} is sent, and only comes late", s | dict(copies=s["copies"] - 1, late=s["late"] + (("frozen", v),))
                for l, n in sent(s, "frozen", v): yield l, n | dict(frozen=True)
            else: yield "sweep: gone (commit)", s | dict(dir=("gone", v + 1))
        if st == "active" and not s["told"]:
            if s["pl"] is None and f["learn"]:
                for l, n in sent(s, "frozen", v): yield "no row: " + l, n | dict(half=True)
            elif s["pl"] is None: yield f"here@{v}: no row, nothing to release", s | dict(told=True)
            else:
                for l, n in sent(s, "here", v): yield l, n | dict(told=True, half=False)
        if st == "gone" and not s["told"]:
            for l, n in sent(s, "gone", v): yield l, n | dict(told=True)
        for m in set(s["late"]):
            rest = list(s["late"]); rest.remove(m)
            yield f"!the late {m[0]}@{m[1]} comes", place(s, *m) | dict(late=tuple(rest))
        if s["w"] and s["pl"] is None and st == "active": yield "!client writes: the service asks, here@" + str(v), s | dict(pl=("here", v), w=0)
    def bad(self, s): return None
    def rest(self, s):
        st = s["dir"][0]
        if st == "active" and s["told"] and s["pl"] and s["pl"][0] != "here": return f"the user is active, the service says {s['pl'][0]} for ever"
        if st == "gone" and s["pl"] and s["pl"][0] != "gone": return f"the user is gone, the service says {s['pl'][0]}"
if __name__ == "__main__": study(Release, FIXES)
