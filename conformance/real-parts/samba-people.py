# People and groups of a Samba domain, written into its files before it starts: smb.conf, then JSON on standard input.
import json
import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

lp = LoadParm()
lp.load(sys.argv[1])
db = SamDB(url=lp.private_path("sam.ldb"), session_info=system_session(), lp=lp)
company = json.load(sys.stdin)


def replace(dn, values):
    message = ldb.Message(ldb.Dn(db, str(dn)))
    for name, value in values.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    db.modify(message)


db.transaction_start()
replace(db.domain_dn(), company["domain"])
for unit in company["units"]:
    db.create_ou("OU=%s,%s" % (unit, db.domain_dn()))
for person in company["people"]:
    name = person["name"]
    db.newuser(name, person["password"], userou="OU=People", mailaddress="%s@corp.example" % name)
    if person["values"]:
        replace("CN=%s,OU=People,%s" % (name, db.domain_dn()), person["values"])
for group in company["groups"]:
    db.newgroup(group["name"], groupou="OU=%s" % group["unit"])
for group in company["groups"]:
    db.add_remove_group_members(group["name"], group["members"], add_members_operation=True)
db.transaction_commit()
