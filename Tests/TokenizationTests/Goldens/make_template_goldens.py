r"""Makes templates.json beside this script: what Jinja renders for chat templates.

The environment is the one transformers gives chat templates: the immutable sandbox with
`trim_blocks` and `lstrip_blocks`, `break` and `continue`, `{% generation %}`, its own `tojson`,
`raise_exception` and `strftime_now`. The templates are written for this file; some are modelled
on published families.

    pip install jinja2==3.1.6 && python make_template_goldens.py
"""

import datetime
import json
import pathlib

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = pathlib.Path(__file__).parent
NOW = 1753875296  # 2025-07-30 11:34:56 UTC


class Generation(Extension):
    """Notes where the text of `{% generation %}` blocks stands, in scalars."""

    tags = {"generation"}
    blocks: list = []
    spans: list = []

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_note"), [], [], body).set_lineno(line)

    def _note(self, caller):
        text = caller()
        start = len("".join(Generation.blocks))
        Generation.spans.append((start, start + len(text)))
        return text


class SafeNamespace(jinja2.utils.Namespace):
    def __init__(*args, **kwargs):
        self, args = args[0], args[1:]
        attributes = dict(*args, **kwargs)
        for name in attributes:
            SafeNamespace.check(name)
        jinja2.utils.Namespace.__init__(self, attributes)

    def __setitem__(self, name, value):
        SafeNamespace.check(name)
        jinja2.utils.Namespace.__setitem__(self, name, value)

    @staticmethod
    def check(name):
        if isinstance(name, str) and name.startswith("_"):
            raise jinja2.exceptions.SecurityError("underscore")


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def strftime_now(format):
    return datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).replace(
        tzinfo=None
    ).strftime(format)


environment = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
)
environment.filters["tojson"] = tojson
environment.globals.update(
    raise_exception=raise_exception, strftime_now=strftime_now, namespace=SafeNamespace
)


def render(source, variables):
    Generation.blocks, Generation.spans = [], []
    try:
        for block in environment.from_string(source).generate(**variables):
            Generation.blocks.append(block)
        text = "".join(Generation.blocks)
        text.encode()
    except Exception:
        return {"error": True}
    spans = [[len(text[:end].encode()) for end in span] for span in Generation.spans]
    return {"text": text} | ({"generated": spans} if spans else {})


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather. It's \"live\" <data> & more.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Größe: e.g. 京都 or 'Köln'"},
                "days": {"type": "integer", "default": 3, "minimum": 1},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    },
}
SEARCH = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Searches",
        "parameters": {
            "type": "object",
            "properties": {"queries": {"type": "array", "items": {"type": "string"}}},
        },
    },
}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {
        "name": "get_weather",
        "arguments": {"city": "Köln", "days": 2, "exact": True, "share": 0.5, "unit": None},
    },
}


def variables(messages, generate=True, **more):
    return {
        "messages": messages,
        "add_generation_prompt": generate,
        "bos_token": "<s>",
        "eos_token": "</s>",
        **more,
    }


def says(role, content, **more):
    return {"role": role, "content": content, **more}


SETS = [
    variables([says("user", "Hello!")]),
    variables([says("system", "You are brief."), says("user", " Hi  there \n")]),
    variables(
        [
            says("user", "1+1?"),
            says("assistant", "<think>\nsum\n</think>\n\n2"),
            says("user", "And 2+2?"),
            says("assistant", "4"),
        ],
        False,
    ),
    variables(
        [says("system", "Use tools."), says("user", "Weather?")], tools=[WEATHER, SEARCH]
    ),
    variables(
        [
            says("user", "Weather in Köln?"),
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            says("tool", "{\"t\": 21.5}", name="get_weather", tool_call_id="call_1"),
            says("tool", "sunny", name="get_weather"),
            says("assistant", "It's 21.5°."),
            says("user", "Thanks"),
        ],
        tools=[WEATHER],
        tool_choice={"a": [1, 2.5, 1e20, -0.0, 1e-7], "b": {}},
    ),
    variables([]),
    variables([says("user", ""), says("assistant", ""), says("user", "again")], False),
    variables(
        [
            says("system", "Ünïcödé e\u0301 👍🏽"),
            says("user", "👨\u200d👩\u200d👧 naïve \"quoted\" it's \\ \t\u2028 {{ x }}"),
            says("assistant", "日本語 ﬁ ẞ İ"),
        ],
    ),
    variables([says("user", "a"), says("user", "b"), says("assistant", "c")]),
    variables(
        [
            says(
                "user",
                [
                    {"type": "text", "text": "See: "},
                    {"type": "image", "url": "x.png"},
                    {"type": "text", "text": "what?"},
                ],
            ),
            says("assistant", [{"type": "text", "text": "A cat."}]),
            says("user", [{"type": "text", "text": "Sure?"}]),
        ],
    ),
    variables(
        [
            says("developer", "Dev."),
            says("user", "q", weight=1.5, keep=False, tags=["x", "y"]),
            says("assistant", "the answer", reasoning_content="because\nof it", weight=0),
            says("user", "r", weight=2, keep=True, tags=[]),
        ],
        enable_thinking=False,
        date_string="1 Jan 2025",
        documents=[{"title": "T", "text": "body <1>"}, {"title": "U", "text": "more"}],
    ),
    variables([says("assistant", "I start."), says("user", "ok"), says("narrator", "hm")], False),
]

# Modelled on published families, in our words.
FAMILIES = {
    "chatml": """{% for message in messages %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
""",
    "chatml generation": """{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% if message.role == 'assistant' -%}
{% generation %}{{ message.content }}<|im_end|>{% endgeneration %}
{%- else %}{{ message.content }}<|im_end|>{% endif %}

{% endfor %}""",
    "llama2": """{% if messages[0]['role'] == 'system' %}
    {% set loop_messages = messages[1:] %}
    {% set system_message = messages[0]['content'] %}
{% else %}
    {% set loop_messages = messages %}
    {% set system_message = false %}
{% endif %}
{% for message in loop_messages %}
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{ raise_exception('Roles must alternate user/assistant/user/assistant/...') }}
    {% endif %}
    {% if loop.index0 == 0 and system_message != false %}
        {% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}
    {% else %}
        {% set content = message['content'] %}
    {% endif %}
    {% if message['role'] == 'user' %}
        {{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
    {% elif message['role'] == 'assistant' %}
        {{ ' ' + content.strip() + ' ' + eos_token }}
    {% endif %}
{% endfor %}""",
    "llama3 tools": """{{- bos_token }}
{%- if custom_tools is defined %}{% set tools = custom_tools %}{% endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{%- if messages and messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start|>system<|end|>\\n\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {{- "You have these functions:\\n\\n" }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start|>' + message['role'] + '<|end|>\\n\\n' + message['content'] | trim + '<|eot|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '{"name": "' + tool_call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}<|eot|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start|>ipython<|end|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start|>assistant<|end|>\\n\\n' }}{%- endif %}
""",
    "mistral": """{%- if messages and messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace(index=0) %}
{%- for message in loop_messages %}
    {%- if message["role"] in ["user", "assistant"] and message.tool_calls is not defined %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("Conversation roles must alternate") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) and tools %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}{{- ", " }}{%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" }}{%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined %}
                {{- raise_exception("Tool call IDs should be there!") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" + eos_token }}{%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token }}
    {%- elif message["role"] in ["tool_results", "tool"] %}
        {%- if message.content is defined and message.content.content is defined %}
            {%- set content = message.content.content %}
        {%- else %}
            {%- set content = message.content %}
        {%- endif %}
        {{- '[TOOL_RESULTS] {"content": ' + content|string + "}[/TOOL_RESULTS]" }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported!") }}
    {%- endif %}
{%- endfor %}
""",
    "gemma": """{{ bos_token }}
{%- if messages and messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/...") }}
    {%- endif -%}
    {%- set role = "model" if message['role'] == 'assistant' else message['role'] -%}
    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}{{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}{{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
""",
    "qwen": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
    {{- "# Tools\\n\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools>\\n\\n{\\"name\\": <function-name>}<|im_end|>\\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {%- if loop.last or (not loop.last and reasoning_content) %}
                {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and content) or (not loop.first) %}{{- '\\n' }}{%- endif %}
                {%- if tool_call.function %}{%- set tool_call = tool_call.function %}{%- endif %}
                {{- '<tool_call>\\n{"name": "' }}
                {{- tool_call.name }}
                {{- '", "arguments": ' }}
                {%- if tool_call.arguments is string %}
                    {{- tool_call.arguments }}
                {%- else %}
                    {{- tool_call.arguments | tojson }}
                {%- endif %}
                {{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}{{- '<|im_start|>user' }}{%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}{{- '<|im_end|>\\n' }}{%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
    "deepseek": """{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(is_first=false, is_tool=false, is_output_first=true, system_prompt='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<|User|>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is none %}{%- set ns.is_tool = false -%}{%- for tool in message['tool_calls']%}{%- if not ns.is_first %}{{'<|Assistant|><|calls|>' + tool['type'] + '<|sep|>' + tool['function']['name'] + '\\n' + '```json' + '\\n' + (tool['function']['arguments']|tojson) + '\\n' + '```' + '<|end|>'}}{%- set ns.is_first = true -%}{%- else %}{{'\\n' + tool['type']}}{%- endif %}{%- endfor %}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is not none %}{%- if ns.is_tool %}{{'<|outputs_end|>' + message['content'] + '<|eos|>'}}{%- set ns.is_tool = false -%}{%- else %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<|Assistant|>' + content + '<|eos|>'}}{%- endif %}{%- endif %}{%- if message['role'] == 'tool' %}{%- set ns.is_tool = true -%}{%- if ns.is_output_first %}{{'<|outputs|><|output|>' + message['content'] + '<|/output|>'}}{%- set ns.is_output_first = false %}{%- else %}{{'\\n<|output|>' + message['content'] + '<|/output|>'}}{%- endif %}{%- endif %}{%- endfor -%}{% if ns.is_tool %}{{'<|outputs_end|>'}}{% endif %}{% if add_generation_prompt and not ns.is_tool %}{{'<|Assistant|>'}}{% endif %}""",
    "phi": """{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\n' ~ message['content'] ~ '<|end|>\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' ~ message['content'] ~ '<|end|>\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}""",
    "command": """{% macro document_turn(documents) -%}
{%- for doc in documents %}

Document: {{ loop.index0 }}
{% for key, value in doc.items() %}{{ key|title }}: {{ value }}
{% endfor %}
{%- endfor %}
{%- endmacro %}
{% macro render_type(p, required=[], indent='') -%}
    {%- for name, spec in p.items()|sort(attribute='0') -%}
        {{ indent }}{{ name }}{{ '?' if name not in required }}: {{ spec.type|default('any') }}
        {%- if spec.enum %} ({{ spec.enum|map('tojson')|join(' | ') }}){% endif %}
        {%- if spec.default is defined %} = {{ spec.default }}{% endif %};
{% endfor -%}
{%- endmacro %}
{{ bos_token }}{% if tools %}
{% for tool in tools %}
def {{ tool.function.name }}:
{{ render_type(tool.function.parameters.properties, tool.function.parameters.required or [], indent='  ') }}
{% endfor %}
{% endif %}
{% if documents %}{{ document_turn(documents) }}{% endif %}
{% for m in messages if m.role != 'system' %}
{{ loop.index }}/{{ loop.length }} {{ m.role | upper }}: {{ m.content if m.content is string else m.content | tojson }}
{% else %}
no messages
{% endfor %}""",
    "granite": """{%- set found = messages | map(attribute='role') | list %}
{%- if 'system' not in found and found %}{{ '<|system|>default\\n' }}{% endif -%}
{%- for m in messages %}
{%- if m.role == 'assistant' %}
{%- generation %}{{ '<|assistant|>' }}{% if m.content %}{{ m.content }}{% endif %}{{ eos_token }}{% endgeneration -%}
{%- else %}{{ '<|' ~ m.role ~ '|>' }}{{ m.content }}{% endif %}
{{- '\\n' }}
{%- if loop.last and add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}
{%- endfor %}""",
    "schema": """{%- macro kind(s, depth=0) -%}
{%- if s.type == 'object' -%}
{ {%- for k, v in s.properties|dictsort %}{{ k }}: {{ kind(v, depth + 1) }}{{ ', ' if not loop.last }}{% endfor -%} }
{%- elif s.type == 'array' -%}
{{ kind(s['items'], depth + 1) }}[]
{%- elif s.enum -%}
{{ s.enum|join('|') }}
{%- else -%}
{{ s.type }}@{{ depth }}
{%- endif -%}
{%- endmacro -%}
{%- for t in tools|default([], true) %}{{ t.function.name }}({{ kind(t.function.parameters) }})
{% endfor %}{{ messages|length }}""",
}

# Each a construct, over the messages.
CONSTRUCTS = [
    "{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
    "{% for m in messages %}{{ loop.previtem.role if loop.previtem is defined else '-' }}<{{ m.role }}>{{ loop.nextitem.role if not loop.last else '-' }};{% endfor %}",
    "{% for m in messages %}{{ loop.cycle('a', 'b', 'c') }}{{ loop.changed(m.role) }}{{ loop.depth }} {% else %}none{% endfor %}",
    "{% for m in messages if m.role == 'user' %}{{ loop.index }}/{{ loop.length }}:{{ loop.last }} {% else %}nobody{% endfor %}",
    "{% for m in messages %}{% if m.role == 'assistant' %}{% continue %}{% endif %}{{ m.role }}{% if loop.index == 3 %}{% break %}{% endif %},{% endfor %}.",
    "{% for m in messages %}{% if m.role == 'assistant' %}{% break %}{% endif %}{{ m.role }}{% else %}E{% endfor %}",
    "{% for m in messages %}{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}\n{% endfor %}",
    "{% for k in messages[0] %}{{ k }} {% endfor %}{{ messages[-1] }}",
    "{% set ns = namespace(n=0, roles=[]) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% set ns.roles = ns.roles + [m.role] %}{% endfor %}{{ ns.n }} {{ ns.roles }}",
    "{% set x = 0 %}{% for m in messages %}{% set x = x + 1 %}{{ x }}{% endfor %}={{ x }}",
    "{% set text %}\n  {% for m in messages %}\n  {{ m.role }}\n  {% endfor %}\n{% endset %}[{{ text }}]",
    "{% set text | upper | trim %}  {% for m in messages %}{{ m.role }} {% endfor %}  {% endset %}[{{ text }}]",
    "{% filter replace('s', '$') | upper %}{% for m in messages %}{{ m.role }} {% endfor %}{% endfilter %}",
    "{%- macro say(m, sep=': ', end='\\n') -%}{{ m.role ~ sep ~ m.content ~ end }}{%- endmacro -%}{% for m in messages %}{{ say(m) }}{{ say(m, end='|', sep='=') }}{% endfor %}",
    "{% macro f(a, b=a) %}{{ a }},{{ b }},{{ varargs }},{{ kwargs }}{% endmacro %}{{ f(1) }} {{ f(1, 2, 3, 4) }} {{ f(1, c=5) }} {{ f() }}",
    "{{ messages | map(attribute='role') | join(', ') }} {{ messages | map(attribute='nope', default='?') | list }}",
    "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list }} {{ messages | rejectattr('role', 'in', ['user', 'system']) | list | length }}",
    "{{ messages | selectattr('tool_calls', 'defined') | list | count }} {{ messages | map('length') | list }} {{ (messages | map(attribute='role') | unique | sort) }}",
    "{{ messages | groupby('role') }} {% for role, items in messages | groupby('role') %}{{ role }}:{{ items | length }} {% endfor %}",
    "{% for g in messages | groupby('role') %}{{ g.grouper }}{{ g.list | length }}{% endfor %}{% for row in messages | batch(2, '-') %}{{ row | length }}{% endfor %}{% for row in messages | slice(2) %}{{ row | length }}{% endfor %}",
    "{{ messages | tojson }}",
    "{{ messages | tojson(indent=2) }}",
    "{{ messages | tojson(ensure_ascii=true, separators=(',', ':'), sort_keys=true) }}",
    "{{ tools | tojson(indent=4) }}",
    "{{ tool_choice | default({}) | tojson }} {{ tool_choice }} {{ tools }}",
    "{{ messages[0].content }}|{{ messages[0]['content'] | string | length }}|{{ messages[0].content[:3] }}|{{ messages[0].content[::-1] }}",
    "{{ messages[1:] | length }}{{ messages[::-1] | map(attribute='role') | first }}{{ messages[-1].role }}{{ messages[5:2] }}{{ messages[::2] | length }}",
    "{{ messages[99].role }}",
    "{{ messages[99] }}|{{ messages[0].nope }}|{{ messages[0]['nope'] is defined }}|{{ nope is defined }}|{{ nope }}",
    "{{ messages[0].nope.nope }}",
    "{% for m in messages recursive %}{{ m.role if m is mapping else m }}{{ loop.depth }}{% if m.tags %}({{ loop(m.tags) }}){% endif %} {% endfor %}",
    "   {% if messages %}\n   yes\n   {% endif %}\nafter\n",
    "a\n  {%+ if true %}\n  b\n  {%- endif %}\n  {#- comment -#}\n  c {# d #}\ne\n\n",
    "{% raw %}{{ not }} {% if %}{% endraw %}\n  {% raw -%}\n  x {{ y }}\n  {%- endraw %}\n\nz",
    "{{ 'x' }}\n{{ 'y' -}}\n  z {{- 'w' }} \n{{+ 'v' }}",
    "{% with a = messages | length, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}",
    "{% if messages | length > 3 %}many{% elif messages | length == 1 %}one{% elif not messages %}none{% else %}some{% endif %}",
    "{% for m in messages %}{% generation %}{{ m.role }}{% set z = 1 %}{% endgeneration %}{{ z }}-{% endfor %}",
    "{% macro g(m) %}{% generation %}{{ m.role }}!{% endgeneration %}{% endmacro %}{% for m in messages %}é{{ g(m) }}{% endfor %}",
    "{% generation %}a{% generation %}b{% endgeneration %}c{% endgeneration %}",
    "{{ messages | sort(attribute='role') | map(attribute='role') | join(' ') }} {{ messages | map(attribute='role') | sort(reverse=true) | join(' ') }} {{ messages | map(attribute='role') | map('length') | sum }}",
    "{{ messages | map(attribute='weight', default=0) | sum }} {{ messages | map(attribute='weight', default=0) | max }} {{ messages | map(attribute='role') | min }}",
    "{% for m in messages %}{{ m.content | default('none', true) | string | trim | capitalize | replace('e', '3') | truncate(12) }}\n{% endfor %}",
    "{% for m in messages %}{{ m.content | string | indent(2) }}|{{ m.content | string | indent(2, first=true, blank=true) }}\n{% endfor %}",
    "{% for m in messages %}{% if m.content is string %}{{ m.content.split() }}{{ m.content.split('a', 1) }}{{ m.content.splitlines() }}{{ m.content.title() }}{{ m.content.upper() }}{{ m.content.lower() }}{{ m.content | wordcount }}{% endif %}{% endfor %}",
    "{% for m in messages %}{{ m.content | tojson | safe }}{{ (m.content | string | escape) }}{% endfor %}",
    "{% set roles = messages | map(attribute='role') %}{{ roles | list }}{{ roles | list }}",
    "{% for m in messages if loop is defined or m.role != last %}{{ m.role }}{% set last = m.role %}{% endfor %}",
    "{% for m in messages %}{{ m.content is string }}{{ m.content is mapping }}{{ m.content is iterable }}{{ m.content is sequence }}{{ m.content is none }}{{ m.weight is number }}{{ m.weight is integer }}{{ m.weight is float }}{{ m.keep is boolean }}{{ m.keep is true }}{{ m.keep is false }} {% endfor %}",
]

# Expressions and small statements, without variables but these.
SMALL = {"x": 3, "s": "héllo wörld", "l": [3, 1, 2], "d": {"b": 1, "a": [1, {"k": None}], "items": 5}, "f": 2.5, "n": None, "t": True, "e": "", "emoji": "a👍🏽e\u0301"}
EXPRESSIONS = """
1 + 2 * 3 - 4 / 2
7 // 2, 7 % 3, -7 // 2, -7 % 3, 7 // -2, 7 % -3
7.5 // 2, -7.5 % 2, 7.5 % -2, 1e308 * 10, -0.0, 5 % 2.5
2 ** 10, 2 ** -1, -2 ** 2, 2 ** 0.5, 2 ** 3 ** 2, 0 ** 0
1 / 0
1 // 0
1 % 0
1 / 3, 2 / 1, 10 / 4
1.0, 1e20, 1e16, 1e15, 123456789012345.6, 9007199254740993.0, 0.0001, 0.00001, 1.5e-7, 1e100, 3.14
1_000, 0x1F, 0b101, 0o17, 1_0.5_0
true, false, none, True, False, None
x, s, l, d, f, n, t, e
'a' ~ 1 ~ none ~ true ~ 2.0 ~ [1, 'b'] ~ nope
'a' + 'b' 'c'
'a' + 1
1 + 'a'
[1] + [2, 3], (1,) + (2,), [1] * 3, 'ab' * 2, 3 * 'x', 'x' * -1
[1] + (2,)
true + true, true * 3, -true
not x, not e, not nope, not not x
x and e, x or e, e or n, n and x, e and 1 or 2
1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, true == 1, 'a' < 'b', [1, 2] < [1, 3], (1,) == (1,), [1] == (1,), 'a' == 1, none == none
1 < 'a'
none < 1
2 in l, 9 in l, 'b' in d, 'z' not in d, 'ell' in 'hello', 'x' in nope, none in [none], 1 in (1.0,)
1 in 'a'
1 in 5
l[0], l[-1], l[9], l['0'], d['b'], d.b, d.a[1].k, d['zz'], d.items is callable, d['items']
l[1:], l[:-1], l[::2], l[::-1], l[5:], l[-2:], l[2:0:-1], l[:], l[1:2:1]
s[0], s[-1], s[1:4], s[::-1], s[::2], s[3::-1], s[20:], s[-4:-1], emoji[1], emoji[::-1], emoji | length
(1, 2, 3)[1:], (1,)[::-1], range(10)[2:5] | list, 'abc'[1], l[true]
l[1:2:0]
l['a':]
x[0:1]
nope[0]
nope.x
nope()
nope[1:]
(1, 2), (1,), (), [], {}, {'a': 1}, {1: 'x', none: 2, 1.5: 3, (1, 2): 4}
{'a': 1, 'a': 2}, {1: 'a', true: 'b'}
{[1]: 2}
[1, 2,], (1, 2,), {'a': 1,}
'yes' if x else 'no', 'yes' if e else 'no', 'only' if e, ('only' if e) is defined
1 if 0 else 2 if 0 else 3
x is defined, nope is defined, nope is undefined, n is none, x is none, s is string, l is string
d is mapping, l is mapping, l is sequence, s is sequence, d is sequence, x is sequence, l is iterable, x is iterable, nope is iterable, range(3) is iterable, d.keys() is sequence
t is boolean, x is boolean, t is true, t is false, x is true, x is number, f is number, t is number, x is integer, t is integer, f is float, s is number
x is odd, x is even, 9 is divisibleby 3, 9 is divisibleby(2), 'abc' is lower, 'ABC' is upper, 'Abc' is lower, '' is lower
x is eq 3, x is equalto 3, x is ne 3, x is gt 2, x is ge 3, x is lt 3, x is le 3, x is in [3], 'a' is in 'abc', x is not in [3], x is sameas 3, none is sameas none
x is not defined, x is not none, not x is none, range is callable, s is callable, s.upper is callable
'trim' is filter, 'nope' is filter, 'odd' is test, 'nope' is test, s is escaped, s | safe is escaped
x is nope
s | nope
x is divisibleby 0
s | upper, s | lower, s | title, s | capitalize, 'HELLO wORLD foo-bar (baz)' | title, 'ß ŉ ǆ' | upper, 'ΑΣ ΣΑΣ Σ' | lower
s | length, l | length, d | count, e | length, nope | length, emoji | count, range(4) | length
x | length
n | length
'  a b '|trim, 'xxaxx'|trim('x'), '\\n\\t a'|trim, '\\u00a0\\u3000a\\u200b'|trim, nope|trim
l | join, l | join('-'), [1, none, 'a', true] | join(','), 'abc' | join('.'), d | join(','), nope | join(',')
[{'a': 1}, {'a': 2}] | join(',', attribute='a')
l | first, l | last, e | first, [] | last is defined, 'abc' | first, 'abc' | last, d | first, d | last, range(5) | last
l | map('string') | last
l | sort, l | sort(reverse=true), ['b', 'A', 'c'] | sort, ['b', 'A', 'c'] | sort(case_sensitive=true), 'cab' | sort
[1, 'a'] | sort
[{'a': 2, 'b': 1}, {'a': 1, 'b': 2}, {'a': 2, 'b': 0}] | sort(attribute='a,b') | list
[1, 1.0, true, 'a', 'A', none] | unique | list, ['a', 'A'] | unique(case_sensitive=true) | list
[[1]] | unique | list
l | min, l | max, ['b', 'A'] | min, [] | min is defined, [{'a': 3}, {'a': 1}] | max(attribute='a')
l | sum, [1.5, 2] | sum, [] | sum, [{'a': 3}, {'a': 1}] | sum(attribute='a'), [[1], [2]] | sum(start=[]), l | sum(start=10)
['a'] | sum
l | reverse | list, 'abc' | reverse, (1, 2) | reverse | list, d | reverse | list
l | select | list, [0, 1, '', 'a', none] | select | list, [1, 2, 3] | select('odd') | list, [1, 2, 3] | reject('odd') | list, [1, 2, 3, 4] | select('divisibleby', 2) | list, l | select('>', 1) | list
[{'a': 1}, {}] | selectattr('a') | list, [{'a': 1}, {'a': 2}] | selectattr('a', '==', 2) | list, [{'a': {'b': 1}}, {'a': {}}] | rejectattr('a.b') | list
[1, 2] | map('nope') | list
[1, 2] | select('nope') | list
[] | map('nope') | list
[[1, 2], [3, 4]] | map('first') | list, [[1, 2], [3, 4]] | map(attribute=1) | list, [{'a': [5, 6]}] | map(attribute='a.1') | list, ['a ', 'b'] | map('trim') | map('upper') | list, [1.7] | map('int') | list, ['a-b'] | map('replace', '-', '+') | list
d | dictsort, {'b': 1, 'A': 2} | dictsort, {'b': 1, 'A': 2} | dictsort(true), {'b': 1, 'A': 2} | dictsort(by='value'), {'b': 1, 'A': 2} | dictsort(reverse=true)
d | items | list, nope | items | list, {} | items | list
x | items | list
d.items() | list, d.keys() | list, d.values() | list, {'a': 1}.items(), {'a': 1}.keys(), {}.values()
d.get('b'), d.get('z'), d.get('z', 7), d.get('a') | length
s | default('z'), nope | default('z'), nope | d, n | default('z'), n | default('z', true), e | default('z', boolean=true), nope | default
'aXbXc' | replace('X', '-'), 'aXbXc' | replace('X', '-', 1), 'abc' | replace('', '.'), 123 | replace('2', 'x')
'a\\nb\\n\\nc' | indent, 'a\\nb' | indent(2), 'a\\nb' | indent('> ', true), 'a\\n\\nb' | indent(1, blank=true), '' | indent
'42' | int, '4.7' | int, 'x' | int, 'x' | int(9), 4.9 | int, -4.9 | int, true | int, none | int, '0x1f' | int(base=16), ' 12 ' | int, '1_000' | int, '' | int, '-5' | int, '1e3' | int
'4.5' | float, 'x' | float, 'x' | float(1), 3 | float, '1e3' | float, 'inf' | float, '.5' | float, none | float, ' -2. ' | float
nope | int
42.55 | round, 42.55 | round(1), 42.55 | round(1, 'floor'), 42.51 | round(1, 'ceil'), 42 | round, 2.5 | round, 3.5 | round, -2.5 | round, 1234.5 | round(-2), 0.125 | round(2), 1e300 | round(2)
-3 | abs, 3 | abs, -2.5 | abs, (-3) | abs
'a b  c' | wordcount, '' | wordcount, 'é-ü x_y' | wordcount
'<a & "b\\'>' | e, '<' | escape, ('<b>' | safe) ~ '<i>', ('<b>' | safe) + '<i>', '<i>' + ('<b>' | safe), ['<' | safe], '<' | forceescape
'hello world foo' | truncate(9), 'hello world' | truncate(9, true), 'abc' | truncate(2, true, ''), 'hello world foo' | truncate(12, false, '…', 0)
'abc' | center(9), 'abcd' | center(9), 'ab' | center(5)
[1, 2, 3, 4, 5] | batch(2) | list, [1, 2, 3] | batch(2, 0) | list, [1, 2, 3, 4, 5] | slice(2) | list, [1, 2, 3] | slice(2, 0) | list
'%s-%d-%5.2f|%-5s|%05d|%x|%%' | format('a', 3, 2.5, 'b', 42, 255), '%(k)s' | format(k=1), '%s' % none, '%s %s' % (1, 'b'), '%r' % 'q', '%d' % 3.9, '%e' % 12345.678, '%g' % 0.0001, '%+d' % 3, '%s' % [1]
'%d' % 'a'
'%s' % (1, 2)
'%s %s' % 1
'{} {}'.format(1, 'a'), '{1} {0}'.format(1, 2), '{a}{b}'.format(a=1, b=2), '{{}}'.format(), '{0[k]} {0[l][1]}'.format({'k': 1, 'l': [1, 2]}), '{!r}'.format('q')
'{:>5}|{:<5}|{:^5}|{:*^7}'.format('a', 'b', 'c', 'd'), '{:05d} {:,} {:x} {:b} {:+}'.format(42, 1234567, 255, 5, 3), '{:.2f} {:8.3f} {:e} {:.1%}'.format(3.14159, 2.5, 1234.5, 0.256), '{:.3}'.format('abcdef'), '{:5}|{:<5}|'.format(3, 4), '{}'.format(none)
'{}'.format()
'{} {0}'.format(1)
'{x}'.format()
'a,b,,c'.split(','), ' a  b '.split(), 'a b c'.split(' ', 1), 'a b c'.split(none, 1), '  a b  '.split(none, 1), 'abc'.split('x'), ''.split(), ''.split(','), 'a<b>c'.split('<b>'), 'a,b,c'.rsplit(',', 1), ' a b c '.rsplit(none, 1), 'aaa'.split('aa'), 'aaa'.rsplit('aa'), 'a,b'.split(sep=',')
'a'.split('')
'  a '.strip() ~ '|', '  a '.lstrip() ~ '|', '  a '.rstrip() ~ '|', 'xyaxy'.strip('yx'), 'abc'.lstrip('ab'), 'a\\n'.rstrip('\\n'), 'é é'.strip('é')
'abc'.startswith('ab'), 'abc'.startswith(('x', 'a')), 'abc'.startswith('b', 1), 'abc'.endswith('bc'), 'abc'.endswith(''), 'abc'.startswith('abcd'), 'abc'.startswith('', 4)
'abc'.startswith(1)
'banana'.find('an'), 'banana'.rfind('an'), 'banana'.find('x'), 'banana'.count('an'), 'banana'.count(''), 'héllo'.find('l'), 'banana'.index('n'), 'banana'.find('an', 2), 'banana'.find('an', 2, 4), 'abc'.find('', 3), 'abc'.find('', 4), 'banana'.find('a', -2)
'abc'.index('x')
'a-b'.replace('-', '+'), 'aaa'.replace('a', 'b', 2), 'abc'.replace('', '-'), 'abc'.replace('x', 'y'), 'ab'.replace('', '-', 1)
'hello World'.capitalize(), 'hello wORLD'.title(), "they're".title(), 'aBc'.swapcase(), 'ß'.upper(), 'İ'.lower() | length, 'ǆ'.title(), 'ΑΣ'.lower(), 'ß'.casefold()
'-'.join(['a', 'b']), ''.join([]), ', '.join('abc'), '-'.join({'a': 1})
'-'.join([1])
'a\\nb\\r\\nc\\u2028d\\x0be'.splitlines(), 'a\\n'.splitlines(), '\\n'.splitlines(), 'a\\r\\nb'.splitlines(true), ''.splitlines()
'123'.isdigit(), '12a'.isdigit(), '²'.isdigit(), '½'.isnumeric(), 'abc'.isalpha(), 'ab1'.isalnum(), ' '.isspace(), ''.isdigit(), 'Ab'.isupper(), 'AB'.isupper(), 'ab'.islower(), 'Ab Cd'.istitle(), 'a1'.isidentifier(), 'é'.isascii(), '٣'.isdecimal(), 'a\\n'.isprintable()
'a=b=c'.partition('='), 'a=b=c'.rpartition('='), 'abc'.partition('='), 'prefix-x'.removeprefix('prefix-'), 'a.txt'.removesuffix('.txt'), '5'.zfill(3), '-5'.zfill(4), 'a'.ljust(3) ~ '|', 'a'.rjust(3, '*'), 'ab'.center(5, '*')
l.append(4)
l.append
l.pop()
l.count(1), l.index(2), l.copy()
l.index(9)
d.pop('a')
d.update({})
l.sort()
s.__class__
s.__class__.x
d._x, {'_x': 1}._x, {'_x': 1}['_x'], {'__class__': 1}.__class__, l.__len__
s.nope, l.nope, x.nope, n.nope
n.nope.x
s['upper'](), l['append']
d | attr('b'), d | attr('items') is callable, s | attr('upper') is callable
range(3) | list, range(1, 4) | list, range(5, 0, -2) | list, range(0) | list, range(3), range(1, 9, 2), range(3)[1], range(-2) | list
range(100001)
range(100000) | length
range(1, 2, 0)
namespace(a=1).a, namespace({'b': 2}).b, namespace(a=1), namespace().x is defined
namespace(_a=1)
namespace(a=1)._b
dict(a=1, b='x'), dict([('k', 1)]), dict({'a': 1}, b=2)
cycler('a', 'b').next(), joiner('|')(), cycler('a').current
raise_exception('no')
strftime_now('%d %b %Y'), strftime_now('%Y-%m-%d %H:%M:%S'), strftime_now('%A %a %B %j %I %p %y %%'), strftime_now('%e %-d %U %W %V %u %w %F %T'), strftime_now('plain'), strftime_now('')
s | tojson, l | tojson, d | tojson, n | tojson, f | tojson, 1e20 | tojson, 'a"\\\\\\n\\t\\x01\\x7f/<é😀' | tojson, 'é😀\\x7f' | tojson(ensure_ascii=true)
d | tojson(indent=2), [] | tojson(indent=2), {} | tojson(indent=2), [[], {}] | tojson(indent=1), l | tojson(indent=0), l | tojson(indent='--')
{'b': 1, 'a': 2} | tojson(sort_keys=true), l | tojson(separators=(',', ':')), {1: 2, none: 3, true: 4, 1.5: 5} | tojson, (1, 2) | tojson
nope | tojson
range(3) | tojson
l | map('string') | tojson
{(1, 2): 3} | tojson
['it\\'s', 'say "x"', 'both \\' "', 'tab\\t', 'nl\\n', 'é', '\\x00', '\\x7f', '\\u200b', '\\xa0', '😀', '\\\\', '\\ue000', '\\U000e0001']
[nope], [none, true, 1.0, 'a', (1,), {'k': 'v'}]
'\\x41\\u00e9\\U0001F600\\101\\q\\'\\"\\\\\\a' | tojson
'\\xZZ'
'\\u12'
nope == nope2, nope == none, nope != 1, [nope] == [nope2]
nope + 1
nope < 1
-nope
nope ~ 'a', nope | string, nope | list, nope or 'x', nope | upper, nope in [1], nope | first is defined
-n
+x, -x, - -x, +f, -f
+s
x | string | length, (x | string) ~ 'a', 10 | string, 2.0 | string, true | string, l | string
'a' if x == 3 and s else 'b'
x + 1 if x > 2 else x - 1
'a' ~ 'b' * 2 + 'c'
1 ~ 2 + 3
1 + 2 ~ 3
not x == 3
x in [1, 2, 3] and 'a' in 'abc'
s | upper | lower | replace('h', 'j') | length
-1 | abs
-x | string
l | length > 2 and l | first == 3
[1, 2, 3] | last + 1
d.a.0, d.a.1.k, l.0, l.9
f(1)
x()
foo(*[1])
dict(*[[('a', 1)]], **{'b': 2})
'abc' | list, d | list, nope | list, 'é😀' | list
5 | list
l is in [[3, 1, 2]], {'a': 1} == {'a': 1.0}, {'a': 1, 'b': 2} == {'b': 2, 'a': 1}
d.keys() | list == ['b', 'a', 'items'], 'b' in d.keys(), ('b', 1) in d.items(), 1 in d.values()
loop is defined, self is defined and false, varargs is defined
9223372036854775807, -9223372036854775807
{'a': {'b': [1, 2, {'c': none}]}}.a.b[2].c is none
""".strip().split("\n")

STATEMENTS = [
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (c, d) = 'xy' %}{{ c }}{{ d }}{% set e = 1, %}{{ e }}",
    "{% set a, b = [1] %}",
    "{% set a = 5 %}{% if true %}{% set a = 6 %}{% endif %}{{ a }}{% for i in [1] %}{% set a = 7 %}{% endfor %}{{ a }}",
    "{% for a, (b, c) in [(1, (2, 3)), [4, 'xy']] %}{{ a }}{{ b }}{{ c }};{% endfor %}",
    "{% for a, b in [(1, 2, 3)] %}{% endfor %}",
    "{% for a in 5 %}{% endfor %}",
    "{% for a in none %}{% endfor %}",
    "{% for a in nope %}x{% else %}y{% endfor %}",
    "{% for a in 'héy' %}{{ a }}.{% endfor %}{% for k in d %}{{ k }}.{% endfor %}{% for k, v in d.items() %}{{ k }}{{ v }}.{% endfor %}{% for i in 1, 2 %}{{ i }}{% endfor %}",
    "{% for i in [1, 2, 3] %}{% continue %}{% else %}else{% endfor %}|{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% else %}else{% endfor %}",
    "{% for i in range(3) %}{% for j in range(3) %}{% if j == 1 %}{% continue %}{% endif %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}",
    "{% break %}",
    "{% for i in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% for loop in [1] %}{% endfor %}",
    "{% set true = 1 %}",
    "{% set ns = namespace() %}{% set ns.a = 1 %}{% set ns.b, c = 2, 3 %}{{ ns.a }}{{ ns.b }}{{ c }}{% set ns._x = 1 %}",
    "{% set dd = {} %}{% set dd.a = 1 %}",
    "{% set x.y = 1 %}",
    "{% macro a(x) %}{{ x }}{{ b(x) if x > 0 }}{% endmacro %}{% macro b(x) %}{{ a(x - 1) }}{% endmacro %}{{ a(3) }}",
    "{% macro a(x, y=2, z=y) %}{{ x }}{{ y }}{{ z }}{% endmacro %}{{ a(1) }}{{ a(1, z=5) }}{{ a(x=0, y=1) }}{{ a.name }}",
    "{% macro a(x) %}{% endmacro %}{{ a(1, 2) }}",
    "{% macro a(x) %}{% endmacro %}{{ a(y=2) }}",
    "{% macro a(x) %}{% endmacro %}{{ a(1, x=2) }}",
    "{% macro a(x=1, y) %}{% endmacro %}",
    "{% macro a() %}  b  {% endmacro %}[{{ a() }}][{{ a() | trim }}]{% set r = a() %}{{ r | length }}",
    "{% macro a() %}{{ q }}{% endmacro %}{% set q = 1 %}{{ a() }}{% set q = 2 %}{{ a() }}",
    "{% for i in [1, 2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}{{ m is defined }}",
    "{% for i in [[1, [2]], [3]] recursive %}{{ loop.depth0 }}{% if i is iterable %}({{ loop(i) }}){% else %}{{ i }}{% endif %}{% endfor %}",
    "{% for i in [1] %}{{ loop([2]) }}{% endfor %}",
    "{% for i in [1, 1, 2, 2, 1] %}{{ loop.changed(i) }} {% endfor %}{% for i in [1, 2] %}{{ loop.cycle() }}{% endfor %}",
    "{% for i in [1, 2, 3, 4] if i is even %}{{ loop.index }}{{ loop.revindex }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.length }} {% endfor %}",
    "{% for i in [1, 2, 3] %}{{ loop.nope }}{{ loop['index'] }}{{ loop }}{% endfor %}",
    "{% for x in [1, 2] %}{% for y in [3] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% set y | upper %}a{{ x }}b{% endset %}{{ y }}{% set z %}{% set inner = 1 %}{% endset %}{{ inner is defined }}",
    "{% filter upper %}a{% set q = 1 %}{{ q }}{% endfilter %}{{ q is defined }}",
    "{% filter trim | replace('a', 'b') %}  aaa {% endfilter %}|",
    "{% if x == 3 %}a{% endif %}{% if x == 4 %}b{% elif x %}c{% elif nope.x %}{% else %}d{% endif %}",
    "{% if %}{% endif %}",
    "{% if x %}",
    "{% endif %}",
    "{% for i in [1] %}{% endif %}{% endfor %}",
    "{% nope %}",
    "{{ x",
    "{{ }}",
    "{{ x }",
    "{% set %}",
    "{# open",
    "{% raw %} open",
    "{{ 'open }}",
    "{{ (1 }}",
    "{{ 1) }}",
    "{{ [1, }}",
    "{{ x y }}",
    "{{ x..y }}",
    "{{ x | }}",
    "{{ x is }}",
    "{{ f(a=1, 2) }}",
    "{{ f(a=1, a=2) }}",
    "{{ ? }}",
    "{{ x if }}",
    "{{ 1 is odd is even }}",
    "{% include 'x' %}",
    "{%- if x -%}  a  {%- endif -%}  b  {{- x -}}  c  ",
    "  {% if x %}  \n  a\n  {% endif %}  \n  b  {% set q = 1 %}  \n\tc\t{# d #}\t\ne",
    "a {% if x %}\n\n b {%+ endif +%}\n\n c {%- set q = 1 -%}\n\n d",
    "{{ x }}\n\n{{ x -}}\n\n{{ x }}\n",
    "\n\n{% if x %}\n\n{% endif %}\n\n",
    "a\r\nb\rc{{ 'd\r\ne' }}\r\n",
    "{# a #}{# b -#}  c  {#- d #} e {#+ f +#}\n g",
    "  {#- a #}\n  {# b #}\n  c{##}",
    "{% raw %}{{ a }}{% endraw %}|{%- raw -%}  b  {%- endraw -%}  c",
    " {% raw %} {% x %} {% endraw %}\n{%raw%}{#{%endraw%}",
    "{{ '{{' }}{{ '%}' }}{{ \"}}\" }}{{ {'a': {'b': 1}}['a']['b'] }}{{ {'a': {'b': 1}} }}",
    "{{'a'}}{{ \"b\"}}{{x}}{%if x%}c{%endif%}{%-set q=1-%}d",
    "{% set q = 'a\nb' %}{{ q }}\n{{ 'c\\\nd' }}",
    "{ { {% if x %}{ %}{% endif %} # } { x }",
    "{% if x: %}a{% endif %}",
    "{% print x, s %}",
    "{% with %}{% set w = 1 %}{{ w }}{% endwith %}{{ w is defined }}{% with w = x, v = w %}{{ w }}{{ v }}{% endwith %}",
    "{% generation %}é{{ x }}{% endgeneration %}b{% generation %}{% endgeneration %}",
    "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.current }}",
    "{% set j = joiner(', ') %}{% for i in l %}{{ j() }}{{ i }}{% endfor %}",
    "{% set g = l | map('string') %}{{ g | first }}{{ g | list }}{{ g | list }}{{ '1' in (l | map('string')) }}",
    "{% set g = [1, 2] | select %}{% for i in g %}{{ i }}{% endfor %}{% for i in g %}{{ i }}{% endfor %}{{ g is defined }}",
    "{{ ['a', 'b'] | map('nope') is defined }}",
    "{{ [[1], 2] | map('first') | first }}",
    "{{ [[1], 2] | map('first') | list }}",
    "{% set ns = namespace(last=none) %}{% for i in [1, 1, 2] if i != ns.last %}{{ i }}{% set ns.last = i %}{% endfor %}",
    "{% for i in l %}{% if loop.last %}L{% endif %}{% if loop.first %}F{% endif %}{% endfor %}{{ loop is defined }}",
    "{% for i in [1, 2] %}{% set loop = 5 %}{% endfor %}",
    "{% set loop = 1 %}{{ loop }}",
    "{{ x }}{% if false %}{{ 1 / 0 }}{{ nope.a.b }}{% endif %}{{ e and nope.x }}{{ x or nope.x }}",
    "{% macro m(a, b) %}[{{ a }}|{{ b }}]{% endmacro %}{{ m(*[1, 2]) }}{{ m(**{'a': 3, 'b': 4}) }}{{ m(5) }}",
    "{% set x %}{% endset %}[{{ x }}]{{ x is string }}",
    "é{% if x %}ü{% endif %}\u00a0 {%- if x %}ö{% endif %}",
]


def main():
    templates = [*FAMILIES.items(), *((f"construct {n}", s) for n, s in enumerate(CONSTRUCTS))]
    small = ["{{ [" + e + "] }}" if ", " in e else "{{ " + e + " }}" for e in EXPRESSIONS]
    golden = {
        "now": NOW,
        "sets": SETS,
        "templates": [
            {"name": name, "source": source, "results": [render(source, s) for s in SETS]}
            for name, source in templates
        ],
        "variables": SMALL,
        "small": [{"source": s, **render(s, SMALL)} for s in small + STATEMENTS],
    }
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
    (HERE / "templates.json").write_text(text + "\n", encoding="utf-8")
    results = [r for t in golden["templates"] for r in t["results"]]
    errors = sum("error" in r for r in results), sum("error" in r for r in golden["small"])
    print(f"{len(templates)} templates, {len(results)} results ({errors[0]} errors)")
    print(f"{len(golden['small'])} small cases ({errors[1]} errors), {len(text.encode())} bytes")
    for case in golden["small"]:
        if " at 0x" in case.get("text", ""):
            print("has an address:", case["source"])
    for t in golden["templates"]:
        if any(" at 0x" in r.get("text", "") for r in t["results"]):
            print("has an address:", t["name"])


main()
