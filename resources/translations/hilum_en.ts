<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>hilum::ReadPage</name>
    <message numerus="yes">
        <source>Read in %1 ms · CPU, %n thread(s)</source>
        <translation>
            <numerusform>Read in %1 ms · CPU, %n thread</numerusform>
            <numerusform>Read in %1 ms · CPU, %n threads</numerusform>
        </translation>
    </message>
</context>
</TS>
