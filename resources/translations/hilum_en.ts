<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>hilum::DataPage</name>
    <message numerus="yes">
        <source>Show %n film(s)</source>
        <translation>
            <numerusform>Show %n film</numerusform>
            <numerusform>Show %n films</numerusform>
        </translation>
    </message>
</context>
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
<context>
    <name>hilum::TrainPage</name>
    <message numerus="yes">
        <source>%n more epoch(s) without gain</source>
        <translation>
            <numerusform>%n more epoch without gain</numerusform>
            <numerusform>%n more epochs without gain</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n epoch(s)</source>
        <translation>
            <numerusform>%n epoch</numerusform>
            <numerusform>%n epochs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>hilum::TrainingWizard</name>
    <message numerus="yes">
        <source>Train %n network(s)</source>
        <translation>
            <numerusform>Train %n network</numerusform>
            <numerusform>Train %n networks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Add %n run(s) to the queue</source>
        <translation>
            <numerusform>Add %n run to the queue</numerusform>
            <numerusform>Add %n runs to the queue</numerusform>
        </translation>
    </message>
</context>
</TS>
