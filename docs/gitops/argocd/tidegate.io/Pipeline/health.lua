-- Health of Pipeline and KafkaCluster for Argo CD. Their conditions are kstatus compatible: Ready, and the abnormal Reconciling
-- and Stalled. It differs from kstatus in two points, because Argo CD knows more than "in progress":
-- what waits for a human is Degraded even while something rolls out, and so is what was started and does not work.
local function condition(kind)
  for _, item in ipairs(obj.status.conditions or {}) do
    if item.type == kind then
      return item
    end
  end
  return {}
end

local function health(status, message)
  return {status = status, message = message}
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "It is being deleted")
end
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", "The operator has not looked at this version yet")
end

local ready, reconciling, stalled = condition("Ready"), condition("Reconciling"), condition("Stalled")
-- Reasons that every start passes through.
local starting = {Starting = true, BrokersDoNotAnswer = true}

if stalled.status == "True" then
  return health("Degraded", stalled.message)
end
if reconciling.status == "True" then
  return health("Progressing", reconciling.message)
end
if obj.spec.paused then
  return health("Suspended", ready.message or "It is paused")
end
if ready.status == "True" then
  -- A problem with the data that flows is not what was applied, nor does it end with another sync: it is told, no more.
  local healthy = condition("Healthy")
  return health("Healthy", healthy.status == "False" and healthy.message or ready.message)
end
if ready.status == "False" and not starting[ready.reason] then
  return health("Degraded", ready.message)
end
return health("Progressing", ready.message or "The operator has not looked at it yet")
