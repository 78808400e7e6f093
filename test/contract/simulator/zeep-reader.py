# Retrieves with zeep, a client made from the service's own description alone, what each request of the one argument asks
# for, and prints for each the number of records of each page as JSON.
import json
import sys

from lxml import etree
from zeep import Client

plan = json.loads(sys.argv[1])
client = Client(plan["url"] + "/etframework.wsdl")
namespace = "{http://exacttarget.com/wsdl/partnerAPI}"
token = etree.Element("{http://exacttarget.com}fueloauth")
token.text = plan["token"]
headers = [token]


def read(request):
    service = client.bind("PartnerAPI", request["port"])
    filters = client.get_type(namespace + "SimpleFilterPart")
    date = filters(Property="EventDate", SimpleOperator="greaterThan", DateValue=[plan["after"]])
    question = {
        "ObjectType": request["objectType"],
        "Properties": request["properties"],
        "Options": {"BatchSize": 500},
    }
    if request["objectType"].endswith("Event"):
        question["Filter"] = date

    pages = []
    keys = set()
    answer = service.Retrieve(RetrieveRequest=question, _soapheaders=headers)
    while True:
        records = answer.Results or []
        pages.append(len(records))
        keys.update(str(getattr(record, request["key"])) for record in records)
        if answer.OverallStatus != "MoreDataAvailable":
            break
        more = {
            "ObjectType": request["objectType"],
            "ContinueRequest": answer.RequestID,
            "Options": {"BatchSize": 500},
        }
        answer = service.Retrieve(RetrieveRequest=more, _soapheaders=headers)

    status = service.GetSystemStatus(_soapheaders=headers)
    described = service.Describe(
        DescribeRequests={"ObjectDefinitionRequest": [{"ObjectType": request["objectType"]}]}, _soapheaders=headers
    )
    return {
        "pages": pages,
        "keys": len(keys),
        "overallStatus": answer.OverallStatus,
        "system": status.Results.Result[0].SystemStatus,
        "described": len(described.ObjectDefinition[0].Properties),
    }


print(json.dumps([read(request) for request in plan["requests"]]))
