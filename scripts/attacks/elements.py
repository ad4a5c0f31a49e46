"""Lists and members by the million, and the chunks that carry them."""

from attacks.attack import attack
from attacks.requests import LIMIT, json, post, post_chunks, repeated, xml

ELEMENTS = 80_000
"""How many elements content may have over all levels by default. A list or an object counts twice."""
NUMBERS = b"[" + repeated(b"0,") + b"0]"


@attack("400")
def json_list_of_numbers(service):
    return json(service, "/attacked/numbers", NUMBERS, accept="application/xml")


@attack("400")
def json_list_of_numbers_for_brotli(service):
    fields = {"accept": "application/xml", "accept_encoding": "br"}
    return json(service, "/attacked/numbers", NUMBERS, **fields)


@attack("400")
def json_list_as_a_parameter(service):
    return json(service, "/attacked/parameters", b'{"item": ' + NUMBERS + b"}")


@attack("400")
def json_members_that_no_parameter_takes(service):
    content = b",".join(b'"%x":0' % it for it in range(190_000))
    return json(service, "/attacked/parameters", b"{" + content + b"}")


@attack("400")
def json_lists_that_nest(service):
    content = b",".join([NESTED_LIST] * 8_600)
    return json(service, "/attacked/value", b"[" + content + b"]")


@attack("400")
def json_objects_that_nest(service):
    content = b",".join([NESTED_OBJECT] * 3_400)
    return json(service, "/attacked/value", b"[" + content + b"]")


def lists_below_the_limit(entry, weight):
    """As many entries as the content may have over all levels, in lists of almost a thousand."""
    inner = b"[" + b",".join([entry] * 990) + b"]"
    return b"[" + b",".join([inner] * (ELEMENTS // (990 * weight + 2))) + b"]"


NESTED_OBJECT = b'{"":' * 120 + b"0" + b"}" * 120
NESTED_LIST = b"[" * 120 + b"]" * 120
NESTED_ELEMENT = b"<b>" * 120 + b"</b>" * 120
MOST_NESTED = ELEMENTS // 245


def filled(content):
    """JSON of the maximum size."""
    return content + b" " * (LIMIT - len(content))


@attack("200")
def json_lists_below_the_limit(service):
    content = filled(lists_below_the_limit(b"0", 1))
    return json(service, "/attacked/value", content)


@attack("200")
def json_objects_below_the_limit(service):
    content = filled(lists_below_the_limit(b'{"":0}', 3))
    return json(service, "/attacked/value", content)


@attack("200")
def json_objects_that_nest_below_the_limit(service):
    content = b",".join([NESTED_OBJECT] * MOST_NESTED)
    return json(service, "/attacked/value", filled(b"[" + content + b"]"))


@attack("200")
def json_lists_that_nest_below_the_limit(service):
    content = b",".join([NESTED_LIST] * MOST_NESTED)
    return json(service, "/attacked/value", filled(b"[" + content + b"]"))


@attack("400")
def xml_elements(service):
    return xml(service, "/attacked/value", b"<a>" + repeated(b"<a/>") + b"</a>")


@attack("400")
def xml_elements_with_distinct_names(service):
    content = b"".join(b"<a%x/>" % it for it in range(230_000))
    return xml(service, "/attacked/value", b"<a>" + content[: content.rfind(b"<", 0, LIMIT - 64)] + b"</a>")


@attack("200")
def xml_elements_below_the_limit(service):
    inner = b"<b>" + b"<child>0</child>" * 990 + b"</b>"
    return xml(service, "/attacked/value", b"<a>" + inner * (ELEMENTS // 992) + b"</a>")


@attack("200")
def xml_objects_below_the_limit(service):
    inner = b"<b>" + b"<child><a>0</a></child>" * 990 + b"</b>"
    return xml(service, "/attacked/value", b"<a>" + inner * (ELEMENTS // (990 * 3 + 2)) + b"</a>")


@attack("200")
def xml_elements_that_nest_below_the_limit(service):
    return xml(service, "/attacked/value", b"<a>" + NESTED_ELEMENT * MOST_NESTED + b"</a>")


@attack("400")
def fields_of_a_form(service):
    fields = {"content_type": "application/x-www-form-urlencoded"}
    return post(service, "/attacked/parameters", repeated(b"item=&"), **fields)


def parts(name):
    part = b'--b\r\ncontent-disposition: form-data; name="%s"\r\n\r\n\r\n' % name
    return repeated(part) + b"--b--\r\n"


FORM = {"content_type": "multipart/form-data; boundary=b"}


@attack("400")
def parts_of_a_form(service):
    return post(service, "/attacked/parameters", parts(b"item"), **FORM)


@attack("200")
def parts_of_a_form_as_a_stream(service):
    return post(service, "/attacked/parts", parts(b"item"), **FORM)


@attack("400")
def chunks_of_one_byte(service):
    return post_chunks(service, "/attacked/bytes", [b"x"] * (LIMIT - 64))


@attack("400")
def form_in_chunks_of_one_byte(service):
    form = parts(b"item")[:400_000]
    form = form[: form.rfind(b"--b\r\n")] + b"--b--\r\n"
    return post_chunks(service, "/attacked/parameters", [b"%c" % byte for byte in form], **FORM)
