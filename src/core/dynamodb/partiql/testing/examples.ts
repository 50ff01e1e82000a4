// Statements of the Amazon DynamoDB Developer Guide ("PartiQL - a SQL-compatible query language for Amazon DynamoDB"), and the
// spelling that a backend is sent.

export const examples: readonly (readonly [written: string, printed: string])[] = [
  // "PartiQL select statements for DynamoDB"
  ['SELECT * \nFROM "TableName"."IndexName"', 'SELECT * FROM "TableName"."IndexName"'],
  ['SELECT * \nFROM "Orders" \nWHERE OrderID = 100', 'SELECT * FROM "Orders" WHERE "OrderID" = 100'],
  [
    'SELECT * \nFROM "Orders" \nWHERE OrderID = 100 and Address=\'some address\'',
    'SELECT * FROM "Orders" WHERE "OrderID" = 100 AND "Address" = \'some address\'',
  ],
  [
    'SELECT * \nFROM "Orders" \nWHERE OrderID = 100 or OrderID = 200',
    'SELECT * FROM "Orders" WHERE "OrderID" = 100 OR "OrderID" = 200',
  ],
  [
    'SELECT * \nFROM "Orders" \nWHERE OrderID IN [100, 300, 234]',
    'SELECT * FROM "Orders" WHERE "OrderID" IN [100, 300, 234]',
  ],
  ['SELECT * \nFROM "Orders" \nWHERE OrderID > 1', 'SELECT * FROM "Orders" WHERE "OrderID" > 1'],
  [
    'SELECT * \nFROM "Orders" \nWHERE Address=\'some address\'',
    'SELECT * FROM "Orders" WHERE "Address" = \'some address\'',
  ],
  [
    'SELECT * \nFROM "Orders" \nWHERE OrderID = 100 OR Address=\'some address\'',
    'SELECT * FROM "Orders" WHERE "OrderID" = 100 OR "Address" = \'some address\'',
  ],
  [
    'SELECT OrderID, Total\nFROM "Orders"\nWHERE OrderID IN [1, 2, 3] ORDER BY OrderID DESC',
    'SELECT "OrderID", "Total" FROM "Orders" WHERE "OrderID" IN [1, 2, 3] ORDER BY "OrderID" DESC',
  ],
  [
    'SELECT OrderID, Total \nFROM "Orders"\nWHERE Total IN [500, 600]',
    'SELECT "OrderID", "Total" FROM "Orders" WHERE "Total" IN [500, 600]',
  ],
  [
    'SELECT OrderID, Total \nFROM "Orders" \nWHERE Total BETWEEN 500 AND 600',
    'SELECT "OrderID", "Total" FROM "Orders" WHERE "Total" BETWEEN 500 AND 600',
  ],
  [
    "SELECT Devices.FireStick.DateWatched[0] \nFROM WatchList \nWHERE CustomerID= 'C1' AND MovieID= 'M1'",
    'SELECT "Devices"."FireStick"."DateWatched"[0] FROM "WatchList" WHERE "CustomerID" = \'C1\' AND "MovieID" = \'M1\'',
  ],
  [
    "SELECT Devices \nFROM WatchList \nWHERE Devices.FireStick.DateWatched[0] >= '12/12/19'",
    'SELECT "Devices" FROM "WatchList" WHERE "Devices"."FireStick"."DateWatched"[0] >= \'12/12/19\'',
  ],
  // "PartiQL insert statements for DynamoDB", "PartiQL data types for DynamoDB"
  [
    "INSERT INTO \"Music\" value {'Artist' : 'Acme Band','SongTitle' : 'PartiQL Rocks'}",
    "INSERT INTO \"Music\" VALUE {'Artist': 'Acme Band', 'SongTitle': 'PartiQL Rocks'}",
  ],
  [
    "INSERT INTO TypesTable value {'primarykey':'1', \n'NumberType':1,\n'MapType' : {'entryname1': 'value', 'entryname2': 4}, \n" +
      "'ListType': [1,'stringval'], \n'NumberSetType':<<1,34,32,4.5>>, \n'StringSetType':<<'stringval','stringval2'>>\n}",
    "INSERT INTO \"TypesTable\" VALUE {'primarykey': '1', 'NumberType': 1, 'MapType': {'entryname1': 'value', 'entryname2': 4}, " +
      "'ListType': [1, 'stringval'], 'NumberSetType': <<1, 34, 32, 4.5>>, 'StringSetType': <<'stringval', 'stringval2'>>}",
  ],
  ["INSERT INTO Music value {'Artist':?,'SongTitle':?}", "INSERT INTO \"Music\" VALUE {'Artist': ?, 'SongTitle': ?}"],
  [
    "UPDATE TypesTable \nSET NumberType=NumberType + 100 \nSET MapType.NewMapEntry=[2020, 'stringvalue', 2.4]\n" +
      "SET ListType = LIST_APPEND(ListType, [4, <<'string1', 'string2'>>])\nSET NumberSetType= SET_ADD(NumberSetType, <<345, 48.4>>)\n" +
      "SET StringSetType = SET_ADD(StringSetType, <<'stringsetvalue1', 'stringsetvalue2'>>)\nWHERE primarykey='1'",
    'UPDATE "TypesTable" SET "NumberType" = "NumberType" + 100 SET "MapType"."NewMapEntry" = [2020, \'stringvalue\', 2.4] ' +
      'SET "ListType" = list_append("ListType", [4, <<\'string1\', \'string2\'>>]) ' +
      'SET "NumberSetType" = set_add("NumberSetType", <<345, 48.4>>) ' +
      'SET "StringSetType" = set_add("StringSetType", <<\'stringsetvalue1\', \'stringsetvalue2\'>>) WHERE "primarykey" = \'1\'',
  ],
  [
    'UPDATE TypesTable \nSET NumberType=NumberType - 1\nREMOVE ListType[1]\nREMOVE MapType.NewMapEntry\n' +
      "SET NumberSetType = SET_DELETE( NumberSetType, <<345>>)\nWHERE primarykey='1'",
    'UPDATE "TypesTable" SET "NumberType" = "NumberType" - 1 REMOVE "ListType"[1] REMOVE "MapType"."NewMapEntry" ' +
      'SET "NumberSetType" = set_delete("NumberSetType", <<345>>) WHERE "primarykey" = \'1\'',
  ],
  // "PartiQL update statements for DynamoDB"
  [
    "UPDATE \"Music\" \nSET AwardsWon=1 \nSET AwardDetail={'Grammys':[2020, 2018]}  \nWHERE Artist='Acme Band' AND " +
      "SongTitle='PartiQL Rocks'\nRETURNING ALL OLD *",
    'UPDATE "Music" SET "AwardsWon" = 1 SET "AwardDetail" = {\'Grammys\': [2020, 2018]} ' +
      'WHERE "Artist" = \'Acme Band\' AND "SongTitle" = \'PartiQL Rocks\' RETURNING ALL OLD *',
  ],
  [
    'UPDATE "Music" \nSET AwardDetail.Grammys =list_append(AwardDetail.Grammys,[2016])  \n' +
      "WHERE Artist='Acme Band' AND SongTitle='PartiQL Rocks'",
    'UPDATE "Music" SET "AwardDetail"."Grammys" = list_append("AwardDetail"."Grammys", [2016]) ' +
      'WHERE "Artist" = \'Acme Band\' AND "SongTitle" = \'PartiQL Rocks\'',
  ],
  [
    "UPDATE \"Music\" \nREMOVE AwardDetail.Grammys[2]   \nWHERE Artist='Acme Band' AND SongTitle='PartiQL Rocks'",
    'UPDATE "Music" REMOVE "AwardDetail"."Grammys"[2] WHERE "Artist" = \'Acme Band\' AND "SongTitle" = \'PartiQL Rocks\'',
  ],
  [
    'UPDATE "Music" \nSET BandMembers =set_add(BandMembers, <<\'newbandmember\'>>) \nWHERE Artist=? and SongTitle=?',
    'UPDATE "Music" SET "BandMembers" = set_add("BandMembers", <<\'newbandmember\'>>) WHERE "Artist" = ? AND "SongTitle" = ?',
  ],
  // AWS SDK examples
  [
    'UPDATE "Movies"  SET Producer=? where title=? and year=?',
    'UPDATE "Movies" SET "Producer" = ? WHERE "title" = ? AND "year" = ?',
  ],
  // "PartiQL delete statements for DynamoDB"
  [
    'DELETE FROM "Music" WHERE "Artist" = \'Acme Band\' AND "SongTitle" = \'PartiQL Rocks\' RETURNING ALL OLD *',
    'DELETE FROM "Music" WHERE "Artist" = \'Acme Band\' AND "SongTitle" = \'PartiQL Rocks\' RETURNING ALL OLD *',
  ],
  ['DELETE  FROM Music  where Artist=? and SongTitle=?', 'DELETE FROM "Music" WHERE "Artist" = ? AND "SongTitle" = ?'],
  // "Use PartiQL functions with DynamoDB"
  [
    'SELECT * FROM "Music" WHERE attribute_type("Artist", \'S\')',
    'SELECT * FROM "Music" WHERE attribute_type("Artist", \'S\')',
  ],
  [
    'SELECT * FROM "Orders" WHERE "OrderID"=1 AND begins_with("Address", \'7834 24th\')',
    'SELECT * FROM "Orders" WHERE "OrderID" = 1 AND begins_with("Address", \'7834 24th\')',
  ],
  [
    'SELECT * FROM "Orders" WHERE "OrderID"=1 AND contains("Address", \'Kirkland\')',
    'SELECT * FROM "Orders" WHERE "OrderID" = 1 AND contains("Address", \'Kirkland\')',
  ],
  ['SELECT * FROM Music WHERE "Awards" is MISSING', 'SELECT * FROM "Music" WHERE "Awards" IS MISSING'],
  [
    ' SELECT * FROM "Orders" WHERE "OrderID"=1 AND size("Image") >300',
    'SELECT * FROM "Orders" WHERE "OrderID" = 1 AND size("Image") > 300',
  ],
  [
    'EXISTS(\n    SELECT * FROM "Music" \n    WHERE "Artist" = \'Acme Band\' AND "SongTitle" = \'PartiQL Rocks\')',
    'EXISTS(SELECT * FROM "Music" WHERE "Artist" = \'Acme Band\' AND "SongTitle" = \'PartiQL Rocks\')',
  ],
  // "Performing transactions with PartiQL for DynamoDB"
  [
    "EXISTS(SELECT * FROM \"Music\" where Artist='No One You Know' and SongTitle='Call Me Today' and Awards is  MISSING)",
    'EXISTS(SELECT * FROM "Music" WHERE "Artist" = \'No One You Know\' AND "SongTitle" = \'Call Me Today\' AND "Awards" IS MISSING)',
  ],
  [
    "SELECT non_existent_projected_attribute FROM \"Music\" WHERE Artist='No One You Know' and SongTitle='Call Me Today'",
    'SELECT "non_existent_projected_attribute" FROM "Music" WHERE "Artist" = \'No One You Know\' AND "SongTitle" = \'Call Me Today\'',
  ],
]
