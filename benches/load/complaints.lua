-- For wrk: posts the texts of a JSONL file to /v1/classify one after the other, and prints one line of results.
-- The text is passed on as it stands in the file, JSON escapes included, so no JSON library is needed.

local bodies, next_body = {}, 0

local function text_literal(line)
  local start = select(2, line:find('"text":%s*"'))
  if not start then return nil end
  local i = start + 1
  while i <= #line do
    local byte = line:sub(i, i)
    if byte == "\\" then
      i = i + 2
    elseif byte == '"' then
      return line:sub(start, i)
    else
      i = i + 1
    end
  end
  return nil
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local literal = text_literal(line)
    if literal then bodies[#bodies + 1] = '{"text": ' .. literal .. "}" end
  end
  if #bodies == 0 then error("no texts in " .. arguments[1]) end
end

function request()
  next_body = next_body % #bodies + 1
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, bodies[next_body])
end

-- Socket errors are connect, read, write and timeout; a refused request (429) or any other status from 400 on counts as refused.
function done(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("R\t%.2f\t%.2f\t%.2f\t%.1f\t%d\t%d\t%d\n", latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, summary.requests / (summary.duration / 1e6), summary.requests, summary.errors.status, failed))
end
