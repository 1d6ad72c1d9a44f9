"""The topics of prompts from outside the small world: words for the phrasings of `beyond`, and other languages."""

TOPICS = (
    "world cup,quantum physics,telephone,computer,car,weather,democracy,stock market,pizza,vaccine,novel,rocket,tax,"
    "climate,bicycle,internet,Bitcoin,Shakespeare,phone,gravity,inflation,movie,election,camera,religion,war,"
    "laptop,medicine,soup,"
    "philosophy,evolution,airplane,chess,opera,Google,Napoleon,black hole,DNA,steam engine,photosynthesis,relativity,"
    "blockchain,neural network,transformer,football,Einstein,Roman Empire,French Revolution,calculus,climate change,"
    "economy,psychology,biology,chemistry,physics,history,Linux,JavaScript,Rust,recipe,pasta,wine,coffee,insurance,"
    "mortgage,"
    "string theory,big bang,dinosaur,Titanic,pyramid,moon landing,Olympics,Beatles,Mozart,Picasso,"
    "Batman,Harry Potter,iPhone,galaxy,solar system,comet,Milky Way,Pluto,Saturn,nuclear power,electricity,magnetism,"
    "sound,light,heat,lightning,oxygen,carbon,iron,gold,silver,salt,sugar,bacteria,cancer,blood,brain,heart,skeleton,"
    "protein,cell,gene,virus,fossil,Stone Age,Middle Ages,Cold War,Civil War,Renaissance,Julius Caesar,Alexander,"
    "Marie Curie,Isaac Newton,Charles Darwin,Plato,Aristotle,Gandhi,Lincoln,Queen Victoria,Leonardo da Vinci,"
    "Beethoven,"
    "Great Wall of China,Statue of Liberty,Colosseum,Taj Mahal,Big Ben,White House,Mount Fuji,Amazon,Sahara,Pacific,"
    "Antarctica,New York,Los Angeles,Boston,Shanghai,Mumbai,Hollywood,Texas,California,Microsoft,Netflix,Tesla,NASA,"
    "World War I,Android,Bluetooth,GPS,radio,television,radar,printing press,light bulb,"
    "microscope,submarine,helicopter,train,ballet,tennis,golf,boxing,cricket,marathon,cheese,bread,"
    "chocolate,yoga,sleep,pain,happiness,love,time,money,justice,freedom,truth,art,language,science,mathematics,"
    "algebra,"
    "geometry,statistics,probability,entropy,energy,speed,the Moon,the Sun,the Earth,Santa Claus,Superman,Zeus,Buddha"
).split(",")
THINGS = (
    "cars,planes,birds,computers,people,dogs,cats,trees,volcanoes,rainbows,stars,magnets,batteries,vaccines,banks,"
    "rockets,"
    "bees,whales,bridges,mirrors,engines,plants,clouds,tides,earthquakes,taxes,robots,phones,fridges,lasers,bicycles,"
    "wheels,clocks,seas,islands,storms,seeds,bones,horses,whistles,mountains,rivers,eyes,muscles,dreams,languages,"
    "governments,atoms,planets,sharks,spiders,leaves,elephants,babies"
).split(",")
DOINGS = (
    "fly,work,sleep,burn,move,break,grow,fall,change color,make noise,exist,die,eat,swim,disappear,float,"
    "cost so much,"
    "melt,get old,cry,shine,stop,dream,migrate,learn,hurt,smell,freeze"
).split(",")
WORKS = (
    "Faust,Ulysses,Don Quixote,Moby Dick,War and Peace,the Odyssey,Dracula,Frankenstein,Emma,the Mona Lisa,"
    "the Bible,Star Wars,Harry Potter,The Old Man and the Sea,Pride and Prejudice,the Ninth Symphony,Guernica,"
    "Casablanca,The Hobbit,The Lord of the Rings,The Catcher in the Rye,The Trial,The Little Prince,"
    "Wuthering Heights,"
    "Jane Eyre,Oliver Twist,Treasure Island,Les Miserables,The Divine Comedy,The Iliad,Lolita,Dune,1984,"
    "The Magic Flute,The Last Supper,The Starry Night,Titanic,The Godfather,Yesterday,Imagine,Billie Jean,"
    "Jurassic Park"
).split(",")
MOST = "biggest,smallest,tallest,longest,highest,deepest,oldest,richest,fastest,best,most famous,largest".split(",")
NOUNS = (
    "river,city,country,building,bridge,lake,desert,island,forest,star,king,queen,leader,mayor,boss,"
    "CEO,inventor,author,song,book,team,player,capital,religion,currency,law,tree,tower,language"
).split(",")
ADJECTIVES = "big,small,fast,slow,strong,dangerous,loud,old,expensive,smart,rare,heavy,bright,cold,deep".split(",")
FOREIGN = (
    "Comment allez-vous?",
    "Quelle est la capitale de la France?",
    "Parlez-vous anglais?",
    "Je ne comprends pas.",
    "Raconte-moi une histoire.",
    "Wie geht es dir?",
    "Was ist die Hauptstadt von Frankreich?",
    "Sprichst du Deutsch?",
    "Ich verstehe das nicht.",
    "Wer bist du?",
    "Como estas?",
    "Cual es la capital de Espana?",
    "Hablas espanol?",
    "No entiendo.",
    "Cuenta una historia.",
    "Quien eres?",
    "Come stai?",
    "Parli italiano?",
    "Qual e la capitale d'Italia?",
    "Chi sei?",
    "Voce fala portugues?",
    "Tudo bem?",
    "Hur mar du?",
    "Hoe gaat het?",
    "Wat is dit?",
    "Jak sie masz?",
    "Kto ty jestes?",
    "Как дела?",
    "Кто ты?",
    "你是谁？",
    "你会说中文吗？",
    "法国的首都是哪里？",
    "お元気ですか？",
    "あなたは誰ですか？",
    "잘 지내세요?",
    "كيف حالك؟",
    "Qui es-tu?",
    "Quel temps fait-il?",
    "Was kannst du?",
    "Que puedes hacer?",
    "Quel age as-tu?",
    "Quel est ton nom?",
    "Quel est le plus petit animal?",
    "Wie spät ist es?",
    "Erzähl mir eine Geschichte.",
    "Wo wohnst du?",
    "Was ist Liebe?",
    "Warum ist der Himmel blau?",
    "Schreib ein Gedicht.",
    "Cuéntame algo.",
    "Cuál es la capital de Chile?",
    "Dónde vives?",
    "Qué hora es?",
    "Dove vai?",
    "Dimmi una storia.",
    "Onde fica o Brasil?",
    "Onde moras?",
    "Какая сегодня погода?",
    "Как тебя зовут?",
    "Привет, кто ты?",
    "今天几点？",
    "天气好吗？",
    "你喜欢什么？",
    "东京在哪里？",
)
